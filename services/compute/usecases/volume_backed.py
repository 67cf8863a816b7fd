"""Servers whose root disk is a volume, where that makes a difference."""

from collections.abc import Mapping
from typing import Any, Final

from services.compute.domain.devices import BlockDevice
from services.compute.domain.server import Server
from services.compute.usecases.neighbours import Volumes
from shared.errors import BadInput, Kind, NotFound, NotSupported

GIB: Final = 1024**3
# What a volume keeps of the image it holds, besides the image's own properties.
KEPT: Final = ("container_format", "disk_format", "min_disk", "min_ram", "size", "checksum")
NOT_KEPT: Final = frozenset(
    {"id", "name", "status", "visibility", "owner", "created_at", "updated_at", "self", "file",
     "schema", "os_hash_algo", "os_hash_value", "direct_url", "locations", "stores", "_project_id"}
)  # fmt: skip


class VolumeBacked(NotSupported):
    """The root disk is a volume, and what is asked for takes one that is not: 400."""

    kind = Kind.BAD_INPUT
    code = "compute.server.volume_backed"


def root_of(server: Server) -> BlockDevice | None:
    """Return the volume a server boots from; None when its root disk is none."""
    return next((device for device in server.volumes if device.is_root), None)


def require_fit(root: BlockDevice | None, image: Mapping[str, Any], ram: int) -> None:
    """Refuse an image that needs more than a root volume, or the server's memory.

    Raises:
        BadInput: it does; says what.
    """
    if (image.get("min_ram") or 0) > ram:
        raise BadInput("Flavor's memory is too small for requested image.")
    needed = max(
        (image.get("min_disk") or 0) * GIB,
        image.get("virtual_size") or 0,
        image.get("size") or 0,
    )
    if root is not None and root.size is not None and needed > root.size * GIB:
        raise BadInput("Volume is smaller than the minimum size specified in image metadata.")


def metadata_of(image: Mapping[str, Any]) -> dict[str, str]:
    """Return what the volume service says of a volume that holds an image."""
    kept = {
        name: str(value)
        for name, value in image.items()
        if value is not None and (name in KEPT or (name not in NOT_KEPT and isinstance(value, str)))
    }
    return {**kept, "image_id": str(image["id"]), "image_name": str(image.get("name") or "")}


async def image_in(root: BlockDevice | None, volumes: Volumes) -> str | None:
    """Return the image a root volume was made from; None when it was made from none."""
    if root is None or root.volume_id is None:
        return None
    try:
        volume = await volumes.volume(root.volume_id)
    except NotFound:
        return None
    found = (volume.get("volume_image_metadata") or {}).get("image_id")
    return None if found is None else str(found)
