"""Types of groups of volumes: what a group of such a type promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound

CONSISTENT: Final = "consistent_group_snapshot_enabled"


class GroupTypeNotFound(NotFound):
    """There is no such type of groups, or not for this project."""

    code = "volume.group_type.not_found"


class GroupTypeExists(Conflict):
    """The name is taken."""

    code = "volume.group_type.exists"


class GroupTypeInUse(BadInput):
    """Groups are of this type."""

    code = "volume.group_type.in_use"


def not_found(type_id: object) -> GroupTypeNotFound:
    """Return the refusal that says no more than that."""
    return GroupTypeNotFound(f"Group type {type_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupType:
    """A kind of groups."""

    id: UUID
    name: str
    description: str | None = None
    is_public: bool = True
    group_specs: Mapping[str, str] = field(default_factory=dict)

    def is_usable(self, *, is_admin: bool) -> bool:
        """Whether somebody may have groups of this type."""
        return self.is_public or is_admin

    @property
    def is_consistent(self) -> bool:
        """Whether its groups promise snapshots of all their volumes at one moment."""
        return self.group_specs.get(CONSISTENT, "").lower() == "<is> true"
