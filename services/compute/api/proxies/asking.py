"""Asks a neighbour for what a user asked us for, as that user."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.usecases.proxied import Neighbour
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.context import request_id_of
from shared.web.microversion import at_least

Json = dict[str, Any]
LAST: Final = 35  # the minor microversion after which clients ask the other service
PATCH: Final = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


def require_until(request: web.Request, minor: int = LAST) -> None:
    """Answer as if there were no such URL after a microversion.

    Raises:
        NotFound: the request's is newer.
    """
    if at_least(request, 2, minor + 1):
        raise NotFound("The resource could not be found.")


def id_in(request: web.Request, part: str, what: str) -> str:
    """Return the id in a URL.

    Raises:
        NotFound: it is none.
    """
    text = request.match_info[part]
    found = uuid_of(text)
    if found is None:
        raise NotFound(f"{what} {text[:64]} could not be found.")
    return str(found)


async def images(request: web.Request, method: str, path: str, **more: Any) -> Json:
    """Ask the image service."""
    return await _ask(request, request.app[DEPS].proxied.images, method, f"/v2{path}", more)


async def networks(request: web.Request, method: str, path: str, **more: Any) -> Json:
    """Ask the network service."""
    return await _ask(request, request.app[DEPS].proxied.networks, method, f"/v2.0{path}", more)


async def _ask(
    request: web.Request, neighbour: Neighbour, method: str, path: str, more: Json
) -> Json:
    answered: Json | None = await neighbour.call(
        method, path, token=request[CALLER].token, request_id=request_id_of(request), **more
    )
    return answered or {}
