"""Handlers for /group_snapshots (3.14)."""

from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import EXACT_GROUP_SNAPSHOTS, whole_filters_in
from services.volume.api.groups import links_of, require_since, window_in
from services.volume.api.paths import group_snapshot_id_in
from services.volume.api.policy import allows, scope
from services.volume.api.schemas.base import ActionBody
from services.volume.api.schemas.groups import (
    CreateGroupSnapshot,
    ResetWhole,
    UpdateGroupSnapshot,
)
from services.volume.domain.group import GroupSnapshot, snapshot_not_found
from services.volume.store.group_listing import GROUP_SNAPSHOTS, list_wholes, show_whole
from services.volume.usecases import group_snapshots
from services.volume.usecases.group_snapshots import Named
from shared.clock import micros
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least

SINCE: Final = 14


def brief(whole: GroupSnapshot) -> dict[str, Any]:
    """Return a snapshot of a group in a list without details."""
    return {"id": str(whole.id), "name": whole.name}


def detail(request: web.Request, whole: GroupSnapshot) -> dict[str, Any]:
    """Return a snapshot of a group whole."""
    shown = brief(whole) | {
        "group_id": str(whole.group_id),
        "group_type_id": str(whole.group_type_id),
        "status": whole.status.value,
        "created_at": micros(whole.created_at),
        "description": whole.description,
    }
    if at_least(request, 3, 58) and allows(request, "group:group_project_attribute"):
        shown["project_id"] = whole.project_id
    return shown


async def list_briefly(request: web.Request) -> web.Response:
    """List snapshots of groups, briefly."""
    return await _list(request, detailed=False)


async def list_whole(request: web.Request) -> web.Response:
    """List snapshots of groups, whole."""
    return await _list(request, detailed=True)


async def _list(request: web.Request, *, detailed: bool) -> web.Response:
    require_since(request, SINCE, "group:get_all_group_snapshots")
    window = window_in(request, snapshot_not_found)
    filters = whole_filters_in(request, EXACT_GROUP_SNAPSHOTS)
    found = await list_wholes(request.app[DEPS].reads, GROUP_SNAPSHOTS, filters, window)
    views = [detail(request, each) if detailed else brief(each) for each in found]
    body: dict[str, Any] = {"group_snapshots": views}
    if links := links_of(request, [str(each.id) for each in found]):
        body["group_snapshot_links"] = links
    return answer(body)


async def show(request: web.Request) -> web.Response:
    """Show a snapshot of a group."""
    require_since(request, SINCE, "group:get_group_snapshot")
    found = await show_whole(
        request.app[DEPS].reads, GROUP_SNAPSHOTS, group_snapshot_id_in(request), scope(request)
    )
    return answer({"group_snapshot": detail(request, found)})


async def create(request: web.Request) -> web.Response:
    """Take snapshots of all the volumes of a group."""
    require_since(request, SINCE, "group:create_group_snapshot")
    asked = (await read(request, CreateGroupSnapshot)).group_snapshot
    made = await group_snapshots.take(
        request.app[DEPS].transaction,
        request[CALLER],
        scope(request),
        UUID(asked.group_id),
        Named(name=asked.name, description=asked.description),
    )
    shown = brief(made) | {"group_type_id": str(made.group_type_id)}
    return answer({"group_snapshot": shown}, status=202)


async def update(request: web.Request) -> web.Response:
    """Name a snapshot of a group."""
    require_since(request, SINCE, "group:update_group_snapshot")
    changes = (await read(request, UpdateGroupSnapshot)).group_snapshot.model_dump(
        exclude_unset=True
    )
    changed = await group_snapshots.name(
        request.app[DEPS].transaction, group_snapshot_id_in(request), scope(request), **changes
    )
    return answer({"group_snapshot": detail(request, changed)}, status=202)


async def delete(request: web.Request) -> web.Response:
    """Have no such snapshots."""
    require_since(request, SINCE, "group:delete_group_snapshot")
    await group_snapshots.delete(
        request.app[DEPS].transaction, group_snapshot_id_in(request), scope(request)
    )
    return web.Response(status=202)


async def act(request: web.Request) -> web.Response:
    """Write another status down, which is all that may be done (3.19)."""
    body = (await read(request, ActionBody)).root
    if set(body) != {"reset_status"}:
        raise BadInput("The request body must hold reset_status, and nothing else.")
    require_since(request, 19, "group:reset_group_snapshot_status")
    status = parsed(body["reset_status"], ResetWhole).status
    await group_snapshots.reset(
        request.app[DEPS].transaction, group_snapshot_id_in(request), scope(request), status
    )
    return web.Response(status=202)


ROUTES: Final = [
    web.get("/group_snapshots", list_briefly),
    web.post("/group_snapshots", create),
    web.get("/group_snapshots/detail", list_whole),
    web.get("/group_snapshots/{group_snapshot_id}", show),
    web.put("/group_snapshots/{group_snapshot_id}", update),
    web.delete("/group_snapshots/{group_snapshot_id}", delete),
    web.post("/group_snapshots/{group_snapshot_id}/action", act),
]
