"""Handlers for /attachments (3.27; complete 3.44; mode 3.54)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes
from services.volume.api.paths import attachment_id_in, uuid_of
from services.volume.api.policy import require, scope
from services.volume.api.schemas.attachments import CreateAttachment, UpdateAttachment
from services.volume.api.schemas.base import ActionBody, Nothing
from services.volume.domain import attachment as domain
from services.volume.domain import volume
from services.volume.domain.attachment import Attachment
from services.volume.store import attachment_listing as listing
from services.volume.usecases import attachments, connecting
from services.volume.usecases.attachments import Use
from shared.clock import micros
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

KEYS: Final[Mapping[str, Callable[[Attachment], str]]] = {
    "volume_id": lambda one: str(one.volume_id),
    "instance_id": lambda one: one.server_id or "",
    "attach_status": lambda one: one.status.value,
}
FILTERS: Final[Mapping[str, Callable[[Attachment], str | None]]] = {
    "volume_id": lambda one: str(one.volume_id),
    "status": lambda one: one.status.value,
    "instance_id": lambda one: one.server_id,
    "attach_status": lambda one: one.status.value,
}
SORTABLE: Final = frozenset({"id", "created_at", *KEYS})


def brief(attachment: Attachment) -> dict[str, Any]:
    """Return an attachment in a list without details."""
    return {
        "id": str(attachment.id),
        "status": attachment.status.value,
        "instance": attachment.server_id,
        "volume_id": str(attachment.volume_id),
    }


def detail(attachment: Attachment) -> dict[str, Any]:
    """Return an attachment whole."""
    return brief(attachment) | {
        "attached_at": micros(attachment.attached_at) if attachment.attached_at else "",
        "detached_at": "",
        "attach_mode": attachment.mode,
        "connection_info": dict(attachment.connection),
    }


def since(
    minor: int, handler: Callable[[web.Request], Awaitable[web.Response]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of an address that came with a minor version."""

    async def handle(request: web.Request) -> web.Response:
        if not at_least(request, 3, minor):
            raise NotFound("The resource could not be found.")
        return await handler(request)

    return handle


async def create(request: web.Request) -> web.Response:
    """Reserve a volume for a server."""
    require(request, "volume:attachment_create")
    asked = (await read(request, CreateAttachment)).attachment
    if asked.mode is not None and not at_least(request, 3, 54):
        raise BadInput("Additional properties are not allowed ('mode' was unexpected)")
    deps = request.app[DEPS]
    use = Use(
        volume_id=uuid_of(asked.volume_uuid, volume.not_found),
        server_id=asked.instance_uuid,
        mode=asked.mode,
    )
    made = await attachments.reserve(deps.transaction, request[CALLER], scope(request), use)
    if asked.connector:
        made = await connecting.connect(deps.transaction, deps.ways, made.id, None, asked.connector)
    return answer({"attachment": detail(made)})


async def list_briefly(request: web.Request) -> web.Response:
    """List attachments, briefly."""
    return await _list(request, brief)


async def list_whole(request: web.Request) -> web.Response:
    """List attachments, whole."""
    return await _list(request, detail)


async def _list(request: web.Request, view: Callable[[Attachment], dict[str, Any]]) -> web.Response:
    require(request, "volume:attachment_list")
    deps, caller, query = request.app[DEPS], request[CALLER], request.query
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    everybody = caller.is_admin and is_yes(request, "all_tenants")
    every = await listing.list_attachments(
        deps.reads, query.get("project_id") if everybody else caller.project_id
    )
    wanted = [
        each
        for each in every
        if all(value_of(each) == query[key] for key, value_of in FILTERS.items() if key in query)
    ]
    found = cut(wanted, page, KEYS, domain.not_found)
    body: dict[str, Any] = {"attachments": [view(each) for each in found]}
    if links := next_links(request, page, [str(each.id) for each in found]):
        body["attachments_links"] = links
    return answer(body)


async def show(request: web.Request) -> web.Response:
    """Show an attachment."""
    require(request, "volume:attachment_show")
    found = await listing.show_attachment(
        request.app[DEPS].reads, attachment_id_in(request), scope(request)
    )
    return answer({"attachment": detail(found)})


async def update(request: web.Request) -> web.Response:
    """Say where the server is; learn how the volume becomes a disk there."""
    require(request, "volume:attachment_update")
    asked = (await read(request, UpdateAttachment)).attachment
    deps = request.app[DEPS]
    found = await connecting.connect(
        deps.transaction, deps.ways, attachment_id_in(request), scope(request), asked.connector
    )
    return answer({"attachment": detail(found)})


async def delete(request: web.Request) -> web.Response:
    """End a server's use of a volume; say what other uses there are."""
    require(request, "volume:attachment_delete")
    left = await attachments.end(
        request.app[DEPS].transaction, request[CALLER], attachment_id_in(request), scope(request)
    )
    return answer({"attachments": [brief(each) for each in left]})


async def act(request: web.Request) -> web.Response:
    """Say that the server has the volume."""
    body = (await read(request, ActionBody)).root
    if set(body) != {"os-complete"}:
        raise BadInput("The request body must hold os-complete.")
    require(request, "volume:attachment_complete")
    parsed(body["os-complete"] or {}, Nothing)
    deps = request.app[DEPS]
    await connecting.complete(
        deps.transaction, deps.ways, attachment_id_in(request), scope(request)
    )
    return web.Response(status=204)


ROUTES: Final = [
    web.get("/attachments", since(27, list_briefly)),
    web.post("/attachments", since(27, create)),
    web.get("/attachments/detail", since(27, list_whole)),
    web.get("/attachments/{attachment_id}", since(27, show)),
    web.put("/attachments/{attachment_id}", since(27, update)),
    web.delete("/attachments/{attachment_id}", since(27, delete)),
    web.post("/attachments/{attachment_id}/action", since(44, act)),
]
