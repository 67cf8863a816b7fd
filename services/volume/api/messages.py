"""Handlers for /messages (3.3): what went wrong after the answer was sent."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.paths import uuid_in
from services.volume.api.policy import require, scope
from services.volume.domain import message as domain
from services.volume.domain.message import Message
from services.volume.store.messages import list_messages, show_message
from shared.clock import micros
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.links import base_url
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links
from shared.web.projects import project_prefix

KEYS: Final[Mapping[str, Callable[[Message], str]]] = {
    "resource_type": lambda one: one.resource_type,
    "event_id": lambda one: one.event_id,
    "resource_uuid": lambda one: str(one.resource_id),
    "request_id": lambda one: one.request_id or "",
    "message_level": lambda _one: "ERROR",
    "guaranteed_until": lambda one: micros(one.expires_at),
}
FILTERED: Final = ("resource_type", "event_id", "resource_uuid", "request_id", "message_level")
SORTABLE: Final = frozenset({"id", "created_at", *KEYS})


def view(request: web.Request, message: Message) -> dict[str, Any]:
    """Return a message."""
    own = f"{project_prefix(request)}/messages/{message.id}"
    return {
        "id": str(message.id),
        "request_id": message.request_id,
        "resource_type": message.resource_type,
        "resource_uuid": str(message.resource_id),
        "event_id": message.event_id,
        "message_level": "ERROR",
        "user_message": message.message,
        "created_at": micros(message.created_at),
        "guaranteed_until": micros(message.expires_at),
        "links": [
            {"rel": "self", "href": f"{base_url(request)}/v3{own}"},
            {"rel": "bookmark", "href": f"{base_url(request)}{own}"},
        ],
    }


def _require(request: web.Request, rule: str) -> None:
    if not at_least(request, 3, 3):
        raise NotFound("The resource could not be found.")
    require(request, rule)


def _id_in(request: web.Request) -> UUID:
    return uuid_in(request, "message_id", domain.not_found)


async def list_all(request: web.Request) -> web.Response:
    """List messages."""
    _require(request, "message:get_all")
    deps, query = request.app[DEPS], request.query
    every = await list_messages(deps.reads, request[CALLER].project_id)
    if at_least(request, 3, 5):
        page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
        every = [
            each
            for each in every
            if all(KEYS[key](each) == query[key] for key in FILTERED if key in query)
        ]
        found = cut(every, page, KEYS, domain.not_found)
        body: dict[str, Any] = {"messages": [view(request, each) for each in found]}
        if links := next_links(request, page, [str(each.id) for each in found]):
            body["messages_links"] = links
        return answer(body)
    return answer({"messages": [view(request, each) for each in every]})


async def show(request: web.Request) -> web.Response:
    """Show a message."""
    _require(request, "message:get")
    found = await show_message(request.app[DEPS].reads, _id_in(request), scope(request))
    return answer({"message": view(request, found)})


async def delete(request: web.Request) -> web.Response:
    """Have no such message."""
    _require(request, "message:delete")
    async with request.app[DEPS].transaction() as stores:
        await stores.messages.remove(_id_in(request), scope(request))
    return web.Response(status=204)


ROUTES: Final = [
    web.get("/messages", list_all),
    web.get("/messages/{message_id}", show),
    web.delete("/messages/{message_id}", delete),
]
