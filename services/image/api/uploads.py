"""An image's bytes, on their way in: from users, and from nodes with a signed address."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_of, parse_id
from services.image.domain.image import ImageNotFound
from services.image.domain.sources import DIRECT
from services.image.domain.ticket import TicketRefused
from services.image.usecases.uploads import FROM_NODE, FROM_NODE_OR_DELETE, STAGE, UPLOAD, Arrival
from shared.clock import utcnow
from shared.errors import BadInput, NotFound, WrongMediaType
from shared.web.answers import answer_nothing
from shared.web.context import request_id_of

OCTETS: Final = "application/octet-stream"
SIZE: Final = "X-Openstack-Image-Size"
SIGNED: Final = "/internal/v1/uploads/"


async def upload(request: web.Request) -> web.Response:
    """``PUT /v2/images/{image_id}/file``."""
    return await _receive(request, UPLOAD)


async def stage(request: web.Request) -> web.Response:
    """``PUT /v2/images/{image_id}/stage``: the bytes wait for their import."""
    if DIRECT not in request.app[DEPS].settings.import_methods:
        raise NotFound("Images are not imported from what was staged in this cloud.")
    return await _receive(request, STAGE)


async def _receive(request: web.Request, arrival: Arrival) -> web.Response:
    image = await image_of(request, "upload_image")
    _check_media_type(request)
    expected = _expected_size(request)
    deps = request.app[DEPS]
    await deps.uploads.receive(
        image.id,
        body_pieces(request, deps.settings.upload_idle),
        arrival=arrival,
        announced=request.content_length,
        expected=expected,
        request_id=request_id_of(request),
    )
    return answer_nothing()


async def upload_from_node(request: web.Request) -> web.Response:
    """``PUT /internal/v1/uploads/{image_id}?fail=…&exp=…&sig=…``: the address is the permission."""
    deps = request.app[DEPS]
    image_id = parse_id(request.match_info["image_id"])
    if image_id is None:
        raise TicketRefused
    terms, expires, signature = (request.query.get(name, "") for name in ("fail", "exp", "sig"))
    deps.upload_signer.check(image_id, terms, expires, signature, utcnow().timestamp())
    _check_plain(request)
    try:
        await deps.uploads.receive(
            image_id,
            body_pieces(request, deps.settings.upload_idle),
            announced=request.content_length,
            expected=_expected_size(request),
            request_id=request_id_of(request),
            arrival=FROM_NODE_OR_DELETE if terms == "delete" else FROM_NODE,
        )
    except ImageNotFound as gone:
        raise TicketRefused from gone
    return answer_nothing()


def is_signed(request: web.Request) -> bool:
    """Whether the request's URL says by itself that it may come in."""
    return request.path.startswith(SIGNED)


def _check_media_type(request: web.Request) -> None:
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != OCTETS:
        raise WrongMediaType(f"Expected Content-Type {OCTETS}.")
    _check_plain(request)


def _check_plain(request: web.Request) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("Compressed bodies are not taken.")


def _expected_size(request: web.Request) -> int | None:
    text = request.headers.get(SIZE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput(f"{SIZE} must be a number of bytes.")
    return int(text)


async def body_pieces(request: web.Request, idle: float) -> AsyncIterator[bytes]:
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
    web.put("/v2/images/{image_id}/stage", stage),
    web.put(SIGNED + "{image_id}", upload_from_node),
)
