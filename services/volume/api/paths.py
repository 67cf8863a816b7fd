"""Reads ids out of URLs and queries; what is no id names nothing."""

from collections.abc import Callable, Iterable
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler

from services.volume.domain import attachment, group, group_type, snapshot, volume, volume_type
from shared.errors import BadInput, NotFound


def uuid_in(
    request: web.Request, name: str, refusal: Callable[[object], NotFound] = volume.not_found
) -> UUID:
    """Return the id in a part of the URL.

    Raises:
        NotFound: it cannot be one.
    """
    return uuid_of(request.match_info[name], refusal)


def uuid_of(text: str, refusal: Callable[[object], NotFound]) -> UUID:
    """Return the id in a text.

    Raises:
        NotFound: it cannot be one.
    """
    try:
        return UUID(text) if len(text) in (32, 36) else _none(text)
    except ValueError as wrong:
        raise refusal(text[:60]) from wrong


def _none(text: str) -> UUID:
    raise ValueError(text)


def volume_id_in(request: web.Request) -> UUID:
    """Return the volume the URL is about."""
    return uuid_in(request, "volume_id")


def snapshot_id_in(request: web.Request) -> UUID:
    """Return the snapshot the URL is about."""
    return uuid_in(request, "snapshot_id", snapshot.not_found)


def attachment_id_in(request: web.Request) -> UUID:
    """Return the attachment the URL is about."""
    return uuid_in(request, "attachment_id", attachment.not_found)


def type_id_in(request: web.Request) -> UUID:
    """Return the type the URL is about."""
    return uuid_in(request, "type_id", volume_type.not_found)


def group_id_in(request: web.Request) -> UUID:
    """Return the group the URL is about."""
    return uuid_in(request, "group_id", group.not_found)


def group_snapshot_id_in(request: web.Request) -> UUID:
    """Return the snapshot of a group the URL is about."""
    return uuid_in(request, "group_snapshot_id", group.snapshot_not_found)


def group_type_id_in(request: web.Request) -> UUID:
    """Return the type of groups the URL is about."""
    return uuid_in(request, "group_type_id", group_type.not_found)


def storable(routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """Return the routes, refusing URLs with characters that no database can hold."""
    return [
        web.RouteDef(route.method, route.path, _storable(route.handler), route.kwargs)
        for route in routes
    ]


def _storable(handler: Handler) -> Handler:
    async def checked(request: web.Request) -> web.StreamResponse:
        if any("\0" in part for part in request.match_info.values()):
            raise NotFound("The resource could not be found.")
        if any("\0" in part for item in request.query.items() for part in item):
            raise BadInput("Query strings must not contain NUL characters.")
        return await handler(request)

    return checked
