"""An image's bytes, on their way out: to users, and to nodes with a signed address."""

import asyncio
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_of, parse_id
from services.image.api.ranges import check_range
from services.image.domain.image import Status
from services.image.domain.ticket import TicketRefused
from services.image.store.showing import Shown
from services.image.usecases.tickets import redeem_ticket
from shared.errors import NotAllowed, Unavailable
from shared.identity.caller import CALLER
from shared.web.answers import answer_nothing

OCTETS: Final = "application/octet-stream"
CHUNK: Final = 1024 * 1024  # where the system cannot send files by itself
DATA: Final = "/internal/v1/data/"


class ImageDeactivated(NotAllowed):
    """An administrator or the owner took the bytes out of reach."""

    code = "image.deactivated"


class DataMissing(Unavailable):
    """The bytes are not where they should be."""

    code = "image.data_missing"


async def download(request: web.Request) -> web.StreamResponse:
    """``GET /v2/images/{image_id}/file``."""
    image = await image_of(request, "download_image")
    deps = request.app[DEPS]
    if image.status == Status.DEACTIVATED and not deps.policy.allows(
        request[CALLER], "download_deactivated", image.target
    ):
        raise ImageDeactivated(
            "The requested image has been deactivated. Image data download is forbidden."
        )
    if image.size is None:
        return answer_nothing()
    return await _send(request, image)


async def download_to_node(request: web.Request) -> web.StreamResponse:
    """``GET|HEAD /internal/v1/data/{image_id}?exp=...&sig=...``: the address is the permission."""
    deps = request.app[DEPS]
    image_id = parse_id(request.match_info["image_id"])
    if image_id is None:
        raise TicketRefused
    expires, signature = request.query.get("exp", ""), request.query.get("sig", "")
    image = await redeem_ticket(deps.reads, deps.signer, image_id, expires, signature)
    return await _send(request, image)


def is_signed(request: web.Request) -> bool:
    """Whether the request's URL says by itself that it may come in."""
    return request.path.startswith(DATA)


async def _send(request: web.Request, image: Shown) -> web.StreamResponse:
    blobs = request.app[DEPS].blobs
    if image.upload is None:
        raise DataMissing("The image's data cannot be found.")
    size = await asyncio.to_thread(blobs.size, image.id, image.upload)
    if size is None or size != image.size:
        raise DataMissing("The image's data cannot be found.")
    check_range(request, size)
    headers = {"Content-Type": OCTETS, "Content-MD5": str(image.md5)}
    return web.FileResponse(blobs.path(image.id, image.upload), chunk_size=CHUNK, headers=headers)


ROUTES: Final = (
    web.get("/v2/images/{image_id}/file", download, allow_head=False),
    web.get(DATA + "{image_id}", download_to_node),
)
