"""Bodies of requests (Block Storage API v3)."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    model_validator,
)

LARGEST = 2**31 - 1  # GiB; what the column holds


class Closed(BaseModel):
    """A body with no other keys."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _whole(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return int(value)
    return value


def _stripped(value: str) -> str:
    return value.strip()


def _flag(value: Any) -> Any:
    words = {"true": True, "1": True, "on": True, "yes": True, "t": True, "y": True}
    words |= {"false": False, "0": False, "off": False, "no": False, "f": False, "n": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=1, le=LARGEST)]
Limit = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=-1, le=LARGEST)]
Name = Annotated[str, Field(strict=True, max_length=255), AfterValidator(_stripped)]
Text = Annotated[str, Field(strict=True, max_length=255)]
Key = Annotated[str, Field(strict=True, min_length=1, max_length=255, pattern=r"^[^/]+$")]
Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]
Metadata = dict[Key, Text]


class NewVolume(Closed):
    """What is known to Cinder of a new volume; what is not built is refused with a sentence."""

    size: Size | None = None
    name: Name | None = Field(default=None, validation_alias=AliasChoices("name", "display_name"))
    description: Text | None = Field(
        default=None, validation_alias=AliasChoices("description", "display_description")
    )
    volume_type: Text | None = None
    availability_zone: Text | None = None
    metadata: Metadata | None = None
    snapshot_id: str | None = None
    source_volid: str | None = None
    imageRef: str | None = None  # noqa: N815  # Cinder's name
    image_id: str | None = None
    backup_id: str | None = None
    group_id: str | None = None
    consistencygroup_id: str | None = None
    multiattach: Flag | None = None
    # Sent by old clients and ignored by Cinder itself:
    source_replica: str | None = None
    status: str | None = None
    user_id: str | None = None
    project_id: str | None = None
    attach_status: str | None = None


class CreateVolume(Closed):
    """``POST /volumes``."""

    volume: NewVolume
    scheduler_hints: dict[str, Any] | None = Field(
        default=None,
        validation_alias=AliasChoices("OS-SCH-HNT:scheduler_hints", "scheduler_hints"),
    )


class VolumeChange(Closed):
    """What a user may change of a volume."""

    name: Name | None = Field(default=None, validation_alias=AliasChoices("name", "display_name"))
    description: Text | None = Field(
        default=None, validation_alias=AliasChoices("description", "display_description")
    )
    metadata: Metadata | None = None


class UpdateVolume(Closed):
    """``PUT /volumes/{id}``."""

    volume: VolumeChange


class MetadataBody(Closed):
    """``POST`` and ``PUT /volumes/{id}/metadata``."""

    metadata: Metadata


class MetaBody(Closed):
    """``PUT /volumes/{id}/metadata/{key}``: one item."""

    meta: Annotated[Metadata, Field(min_length=1, max_length=1)]


class Extend(Closed):
    """``os-extend``."""

    new_size: Size


class SetBootable(Closed):
    """``os-set_bootable``."""

    bootable: Flag


class ResetStatus(Closed):
    """``os-reset_status``."""

    status: Annotated[str, Field(strict=True, min_length=1, max_length=255)] | None = None
    attach_status: str | None = None
    migration_status: str | None = None

    @model_validator(mode="after")
    def _something(self) -> "ResetStatus":
        if not (self.status or self.attach_status or self.migration_status):
            raise ValueError("Must specify 'status', 'attach_status' or 'migration_status'")
        return self


class Retype(Closed):
    """``os-retype``."""

    new_type: Annotated[str, Field(strict=True, min_length=1, max_length=255)]
    migration_policy: str | None = None


class ImageMetadata(Closed):
    """``os-set_image_metadata``."""

    metadata: Metadata


class UnsetImageMetadata(Closed):
    """``os-unset_image_metadata``."""

    key: Key


class Nothing(Closed):
    """An action without arguments."""


class ActionBody(RootModel[dict[str, Any]]):
    """One action, by name."""


class NewType(Closed):
    """A type to have."""

    name: Annotated[str, Field(strict=True, min_length=1, max_length=255, pattern=r"\S")]
    description: Text | None = None
    is_public: Flag = Field(
        default=True, validation_alias=AliasChoices("os-volume-type-access:is_public", "is_public")
    )
    extra_specs: dict[Key, Text | None] | None = None


class CreateType(Closed):
    """``POST /types``."""

    volume_type: NewType


class TypeChange(Closed):
    """What may change of a type."""

    name: Annotated[str, Field(strict=True, max_length=255)] | None = None
    description: Text | None = None
    is_public: Flag | None = Field(
        default=None, validation_alias=AliasChoices("os-volume-type-access:is_public", "is_public")
    )

    @model_validator(mode="after")
    def _something(self) -> "TypeChange":
        if self.name is not None and not self.name.strip():
            raise ValueError("Volume type name can not be empty.")
        if self.name is None and self.description is None and self.is_public is None:
            raise ValueError("Specify volume type name, description, is_public or a combination.")
        return self


class UpdateType(Closed):
    """``PUT /types/{id}``."""

    volume_type: TypeChange


class ExtraSpecs(Closed):
    """``POST /types/{id}/extra_specs``."""

    extra_specs: Annotated[dict[Key, Text], Field(min_length=1)]


class ProjectAccess(Closed):
    """``addProjectAccess`` and ``removeProjectAccess``."""

    project: Annotated[str, Field(strict=True, min_length=1, max_length=64)]


class QuotaSetBody(Closed):
    """``PUT /os-quota-sets/{project}``."""

    quota_set: dict[str, Any]


class QuotaClassBody(Closed):
    """``PUT /os-quota-class-sets/{class}``."""

    quota_class_set: dict[str, Any]


class Limits(RootModel[dict[Key, Limit]]):
    """Limits by resource; -1 is none."""
