"""An image's bytes, in and out; and out to nodes, who come with a signed address."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_of, parse_id
from services.image.api.ranges import check_range
from services.image.domain.image import Status
from services.image.domain.ticket import TicketRefused
from services.image.store.showing import Shown
from services.image.usecases.tickets import redeem_ticket
from shared.errors import BadInput, NotAllowed, Unavailable, WrongMediaType
from shared.identity.caller import CALLER
from shared.web.answers import answer_nothing
from shared.web.context import request_id_of

OCTETS: Final = "application/octet-stream"
SIZE: Final = "X-Openstack-Image-Size"
CHUNK: Final = 1024 * 1024  # where the system cannot send files by itself
DATA: Final = "/internal/v1/data/"


class ImageDeactivated(NotAllowed):
    """An administrator or the owner took the bytes out of reach."""

    code = "image.deactivated"


class DataMissing(Unavailable):
    """The bytes are not where they should be."""

    code = "image.data_missing"


async def upload(request: web.Request) -> web.Response:
    """``PUT /v2/images/{image_id}/file``."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != OCTETS:
        raise WrongMediaType(f"Expected Content-Type {OCTETS}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("Compressed bodies are not taken.")
    expected = _expected_size(request)
    image = await image_of(request, "upload_image")
    deps = request.app[DEPS]
    await deps.uploads.receive(
        image.id,
        _pieces(request, deps.settings.upload_idle),
        announced=request.content_length,
        expected=expected,
        request_id=request_id_of(request),
    )
    return answer_nothing()


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


def _expected_size(request: web.Request) -> int | None:
    text = request.headers.get(SIZE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput(f"{SIZE} must be a number of bytes.")
    return int(text)


async def _pieces(request: web.Request, idle: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives; nobody keeps us waiting for longer than ``idle`` seconds."""
    while True:
        try:
            async with asyncio.timeout(idle):
                piece = await request.content.readany()
        except TimeoutError as silent:
            raise web.HTTPRequestTimeout from silent
        except (web.RequestPayloadError, ConnectionError) as broken:
            raise BadInput("The request body broke off.") from broken
        if not piece:
            return
        yield piece


ROUTES: Final = (
    web.put("/v2/images/{image_id}/file", upload),
    web.get("/v2/images/{image_id}/file", download, allow_head=False),
    web.get(DATA + "{image_id}", download_to_node),
)
