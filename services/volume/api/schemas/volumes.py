"""Bodies about volumes (Block Storage API v3)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.volume.api.schemas.base import (
    Closed,
    Flag,
    Key,
    Metadata,
    Name,
    Size,
    Text,
    Uuid,
    Word,
)

ENVELOPE: Final = "volume"
HINTS: Final = "OS-SCH-HNT:scheduler_hints"
# Keys of a new volume that came with a minor version; Cinder did not know them before.
CAME_WITH: Final[Mapping[str, int]] = {"group_id": 13, "backup_id": 47}


class Named(Closed):
    """What has a name and a description; the old API called them ``display_…``."""

    name: Name | None = None
    description: Text | None = None
    display_name: Name | None = Field(default=None, exclude=True)
    display_description: Text | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _one_name(self) -> "Named":
        for ours, old in (("name", "display_name"), ("description", "display_description")):
            if old in self.model_fields_set and ours not in self.model_fields_set:
                setattr(self, ours, getattr(self, old))
        return self


class NewVolume(Named):
    """What is known to Cinder of a new volume; what is not built is refused with a sentence."""

    size: Size | None = None
    volume_type: Text | None = None
    availability_zone: Text | None = None
    metadata: Metadata | None = None
    snapshot_id: Text | None = None
    source_volid: Text | None = None
    image_ref: Text | None = Field(default=None, alias="imageRef")
    image_id: Text | None = None
    backup_id: Text | None = None
    group_id: Text | None = None
    consistencygroup_id: Text | None = None
    multiattach: Flag | None = None
    project_id: Word | None = None  # said by compute alone, as are the next two
    user_id: Word | None = None
    cluster: Word | None = None


FOR_COMPUTE: Final = ("project_id", "user_id", "cluster")


def known_keys(minor: int) -> frozenset[str]:
    """Return what Cinder knew of a new volume at version 3.minor."""
    every = {info.alias or name for name, info in NewVolume.model_fields.items()}
    return frozenset(key for key in every if CAME_WITH.get(key, 0) <= minor)


Uuids = Uuid | Annotated[list[Uuid], Field(max_length=100)]


class Hints(BaseModel):
    """Where to put a volume; hints that nobody here knows may be somebody's elsewhere."""

    model_config = ConfigDict(extra="allow")

    local_to_instance: Uuid | None = None
    same_host: Uuids | None = None
    different_host: Uuids | None = None
    query: str | dict[str, Any] | None = None


class CreateVolume(Closed):
    """``POST /volumes``."""

    volume: NewVolume
    scheduler_hints: Hints | None = Field(default=None, alias=HINTS)


class VolumeChange(Named):
    """What a user may change of a volume."""

    metadata: Metadata = {}

    def changes(self) -> dict[str, Any]:
        """Return what was said, by field."""
        return self.model_dump(exclude_unset=True)


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


class Revert(Closed):
    """``revert``."""

    snapshot_id: Word


class Reimage(Closed):
    """``os-reimage``."""

    image_id: Word
    reimage_reserved: Flag = False


class UploadImage(Closed):
    """``os-volume_upload_image``."""

    image_name: Annotated[str, Field(strict=True, min_length=1, max_length=255)]
    force: Flag = False
    container_format: Literal["bare"] | None = None
    disk_format: Literal["raw", "qcow2"] | None = None
    visibility: Literal["public", "private", "shared", "community"] | None = None
    protected: Flag | None = None


class ReadOnly(Closed):
    """``os-update_readonly_flag``."""

    readonly: Flag


class Attach(Closed):
    """``os-attach``."""

    instance_uuid: Uuid | None = None
    host_name: Word | None = None
    mountpoint: Annotated[str, Field(strict=True, min_length=1, max_length=255)]
    mode: Literal["rw", "ro"] | None = None

    @model_validator(mode="after")
    def _somebody(self) -> "Attach":
        if not self.instance_uuid and not self.host_name:
            raise ValueError("Invalid request to attach volume to an invalid target")
        return self


class Detach(Closed):
    """``os-detach`` and ``os-force_detach``."""

    attachment_id: Text | None = None
    connector: dict[str, Any] | None = None


class SetBootable(Closed):
    """``os-set_bootable``."""

    bootable: Flag


class ResetStatus(Closed):
    """``os-reset_status``. No volume is migrated, so only that may be written."""

    status: Word | None = None
    attach_status: Literal["detached"] | None = None
    migration_status: Literal["none"] | None = None

    @model_validator(mode="after")
    def _something(self) -> "ResetStatus":
        if not (self.status or self.attach_status or self.migration_status):
            raise ValueError("Must specify 'status', 'attach_status' or 'migration_status'")
        return self


class Retype(Closed):
    """``os-retype``."""

    new_type: Word
    migration_policy: Literal["never", "on-demand"] | None = None


class ImageMetadata(Closed):
    """``os-set_image_metadata``."""

    metadata: Metadata


class UnsetImageMetadata(Closed):
    """``os-unset_image_metadata``."""

    key: Key
