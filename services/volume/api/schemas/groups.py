"""Bodies about groups, their types and their snapshots (Block Storage API v3)."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from services.volume.api.schemas.base import Closed, Flag, Key, Name, Text, Uuid, Word
from services.volume.domain.group import GroupStatus

Title = Annotated[str, Field(strict=True, min_length=1, max_length=255, pattern=r"\S")]


def _ids(text: str) -> str:
    for each in text.split(","):
        if each.strip():
            UUID(each.strip())
    return text


Ids = Annotated[str, Field(strict=True, max_length=40_000), AfterValidator(_ids)]


class NewGroupType(Closed):
    """A type of groups to have."""

    name: Title
    description: Text | None = None
    is_public: Flag = True
    group_specs: dict[Key, Text] | None = None


class CreateGroupType(Closed):
    """``POST /group_types`` (3.11)."""

    group_type: NewGroupType


class GroupTypeChange(Closed):
    """What may change of a type of groups."""

    name: Annotated[str, Field(strict=True, max_length=255)] | None = None
    description: Text | None = None
    is_public: Flag | None = None

    @model_validator(mode="after")
    def _something(self) -> "GroupTypeChange":
        if self.name is not None and not self.name.strip():
            raise ValueError("Group type name can not be empty.")
        if self.name is None and self.description is None and self.is_public is None:
            raise ValueError("Specify group type name, description or a combination thereof.")
        return self

    def changes(self) -> dict[str, Any]:
        """Return what was said, by field."""
        return self.model_dump(exclude_none=True)


class UpdateGroupType(Closed):
    """``PUT /group_types/{id}``."""

    group_type: GroupTypeChange


class GroupSpecs(Closed):
    """``POST /group_types/{id}/group_specs``."""

    group_specs: Annotated[dict[Key, Text], Field(min_length=1)]


class Described(Closed):
    """What has a name and a description."""

    name: Name | None = None
    description: Text | None = None


class NewGroup(Described):
    """A group to have; types by name or id."""

    group_type: Word
    volume_types: Annotated[list[Word], Field(min_length=1, max_length=100)]
    availability_zone: Text | None = None


class CreateGroup(Closed):
    """``POST /groups`` (3.13)."""

    group: NewGroup


class GroupChanges(Described):
    """What changes of a group; volumes as their ids with commas."""

    add_volumes: Ids | None = None
    remove_volumes: Ids | None = None

    @model_validator(mode="after")
    def _something(self) -> "GroupChanges":
        if all(value is None for value in self.model_dump().values()):
            raise ValueError(
                "Name, description, add_volumes and remove_volumes can not all be empty in the "
                "request body."
            )
        return self


class UpdateGroup(Closed):
    """``PUT /groups/{id}``."""

    group: GroupChanges


class DeleteGroup(Closed):
    """``delete`` of a group."""

    delete_volumes: Flag = Field(default=False, alias="delete-volumes")


def _resettable(status: GroupStatus) -> GroupStatus:
    if status is GroupStatus.DELETED:
        raise ValueError("What is deleted is not there to be reset.")
    return status


class ResetWhole(Closed):
    """``reset_status`` of a group, or of a snapshot of one."""

    status: Annotated[GroupStatus, AfterValidator(_resettable)]


class FromSource(Described):
    """A group to have from another one, or from a snapshot of one."""

    group_snapshot_id: Uuid | None = None
    source_group_id: Uuid | None = None

    @model_validator(mode="after")
    def _one(self) -> "FromSource":
        if (self.group_snapshot_id is None) == (self.source_group_id is None):
            raise ValueError("Give either group_snapshot_id or source_group_id.")
        return self


class CreateFromSource(Closed):
    """``POST /groups/action`` (3.14)."""

    source: FromSource = Field(alias="create-from-src")


class NewGroupSnapshot(Described):
    """A snapshot of a group to have."""

    group_id: Uuid


class CreateGroupSnapshot(Closed):
    """``POST /group_snapshots`` (3.14)."""

    group_snapshot: NewGroupSnapshot


class UpdateGroupSnapshot(Closed):
    """``PUT /group_snapshots/{id}``."""

    group_snapshot: Described
