"""A volume as its owner sees it: in the API, stored, and in events."""

from typing import Any

from services.volume.domain.volume import Volume
from shared.clock import micros
from shared.contracts.resources import VolumeChanged


def document(volume: Volume) -> dict[str, Any]:
    """Return what every microversion shows of a volume, without links (Block Storage API v3)."""
    shown: dict[str, Any] = {
        "id": str(volume.id),
        "name": volume.name,
        "description": volume.description,
        "status": volume.status.value,
        "size": volume.size,
        "availability_zone": volume.availability_zone,
        "created_at": micros(volume.created_at),
        "updated_at": micros(volume.updated_at) if volume.updated_at else None,
        "volume_type": volume.volume_type,
        "snapshot_id": str(volume.snapshot_id) if volume.snapshot_id else None,
        "source_volid": str(volume.source_id) if volume.source_id else None,
        "metadata": volume.shown_metadata,
        "user_id": volume.user_id,
        "bootable": "true" if volume.bootable else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": volume.multiattach,
        "attachments": [dict(each) for each in volume.attachments],
        "os-vol-tenant-attr:tenant_id": volume.project_id,
    }
    if volume.image_metadata:
        shown["volume_image_metadata"] = dict(volume.image_metadata)
    return shown


def later(volume: Volume) -> list[tuple[int, str, Any]]:
    """Return what volumes show besides, and since which minor version."""
    return [
        (13, "group_id", str(volume.group_id) if volume.group_id else None),
        (48, "shared_targets", False),
        (48, "service_uuid", None),
        (63, "volume_type_id", str(volume.volume_type_id)),
        (64, "encryption_key_id", None),
        (65, "consumes_quota", True),
    ]


def changed(volume: Volume, verb: str) -> VolumeChanged:
    """Return the fact that the volume is now so.

    The type's name is the one it had at that moment: renaming a type changes no volume. Who keeps
    the document goes by ``volume_type_id``.
    """
    return VolumeChanged(
        verb=verb,
        id=str(volume.id),
        project_id=volume.project_id,
        version=volume.version,
        cluster=volume.cluster,
        document=document(volume) | {"volume_type_id": str(volume.volume_type_id)},
    )
