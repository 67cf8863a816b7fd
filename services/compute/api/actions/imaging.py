"""Images of servers, and backups."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.actions import CreateBackup, CreateImage
from services.compute.usecases import imaging
from services.compute.usecases.imaging import ImageRequest
from shared.web.answers import answer, answer_nothing

ID_ANSWERED: Final = 45  # minor of the microversion that answers the image's id


async def create_image(asked: Asked) -> web.StreamResponse:
    """Make an image of a server."""
    given: CreateImage = asked.arguments
    wanted = ImageRequest(
        name=given.name,
        properties=given.metadata,
        may_be_volume=asked.deps.policy.allows(asked.caller, imaging.OF_VOLUMES),
    )
    return await _made(asked, wanted)


async def create_backup(asked: Asked) -> web.StreamResponse:
    """Make an image of a server, and drop old ones."""
    given: CreateBackup = asked.arguments
    wanted = ImageRequest(
        name=given.name,
        properties=given.metadata,
        backup_type=given.backup_type,
        rotation=given.rotation,
    )
    return await _made(asked, wanted)


async def _made(asked: Asked, wanted: ImageRequest) -> web.StreamResponse:
    deps = asked.deps
    image_id = await imaging.create_image(
        deps.transaction, deps.reads, deps.neighbours, asked.server_id, asked.actor, wanted
    )
    if wanted.rotation == 0:  # nothing of it stays
        return answer_nothing(status=202)
    if asked.minor >= ID_ANSWERED:
        return answer({"image_id": str(image_id)}, status=202)
    return answer_nothing(status=202, headers={"Location": _address(asked, image_id)})


def _address(asked: Asked, image_id: UUID) -> str:
    return f"{asked.deps.settings.image_url.rstrip('/')}/images/{image_id}"


ACTIONS: Final[Mapping[str, Known]] = {
    "createImage": Known("os_compute_api:servers:create_image", create_image, CreateImage),
    "createBackup": Known("os_compute_api:os-create-backup", create_backup, CreateBackup),
}
