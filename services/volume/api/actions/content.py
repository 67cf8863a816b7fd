"""Actions that change what a volume holds, or send it to an image."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.actions.known import Known
from services.volume.api.deps import DEPS
from services.volume.api.paths import uuid_of
from services.volume.api.policy import scope
from services.volume.api.schemas.volumes import Reimage, Revert, UploadImage
from services.volume.domain import snapshot
from services.volume.usecases import content, uploading
from services.volume.usecases.images import find_image
from services.volume.usecases.uploading import ImageWish
from shared.clock import micros
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least


async def revert(request: web.Request, volume_id: UUID, given: Revert) -> web.Response:
    """Have the volume hold what its latest snapshot holds (3.40)."""
    snapshot_id = uuid_of(given.snapshot_id, snapshot.not_found)
    await content.revert(request.app[DEPS].transaction, volume_id, scope(request), snapshot_id)
    return web.Response(status=202)


async def reimage(request: web.Request, volume_id: UUID, given: Reimage) -> web.Response:
    """Have the volume hold an image (3.68)."""
    deps = request.app[DEPS]
    image = await find_image(deps.reads, deps.images, request[CALLER], given.image_id)
    await content.reimage(
        deps.transaction, volume_id, scope(request), image, even_reserved=given.reimage_reserved
    )
    return web.Response(status=202)


async def upload_image(request: web.Request, volume_id: UUID, given: UploadImage) -> web.Response:
    """Make an image of what the volume holds."""
    new = {"visibility": given.visibility, "protected": given.protected}
    members = {key: value for key, value in new.items() if value is not None}
    if members and not at_least(request, 3, 1):
        raise BadInput(
            f"Additional properties are not allowed ('{next(iter(members))}' was unexpected)"
        )
    wish = ImageWish(
        name=given.image_name,
        disk_format=given.disk_format or "raw",
        members=members,
        even_in_use=given.force,
    )
    deps = request.app[DEPS]
    volume, image = await uploading.send(
        deps.transaction, deps.images, volume_id, scope(request), wish
    )
    shown: dict[str, Any] = {
        "id": str(volume.id),
        "updated_at": micros(volume.updated_at) if volume.updated_at else None,
        "status": volume.status.value,
        "display_description": volume.description,
        "size": volume.size,
        "volume_type": _type_shown(volume.volume_type_id, volume.volume_type),
        "image_id": image["id"],
        "container_format": "bare",
        "disk_format": wish.disk_format,
        "image_name": wish.name,
    }
    if at_least(request, 3, 1):
        shown["protected"] = bool(image.get("protected", False))
        shown["visibility"] = image.get("visibility", "shared")
    return answer({"os-volume_upload_image": shown}, status=202)


def _type_shown(type_id: UUID, name: str) -> dict[str, Any]:
    """Return the type as this one answer shows it: as an object."""
    return {"id": str(type_id), "name": name}


ACTIONS: Final[Mapping[str, Known]] = {
    "revert": Known(Revert, "volume:revert_to_snapshot", revert, since=40),
    "os-reimage": Known(Reimage, "volume:reimage", reimage, since=68),
    "os-volume_upload_image": Known(
        UploadImage, "volume_extension:volume_actions:upload_image", upload_image
    ),
}
