"""Handlers for /snapshots."""

from typing import Any, Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes, snapshot_filters_in
from services.volume.api.paths import snapshot_id_in, uuid_of
from services.volume.api.policy import require, scope
from services.volume.api.schemas.base import ActionBody, Nothing
from services.volume.api.schemas.snapshots import (
    CreateSnapshot,
    ResetSnapshot,
    UpdateSnapshot,
    UpdateStatus,
)
from services.volume.api.views.snapshots import brief, detail, versioned
from services.volume.domain import snapshot as domain
from services.volume.domain import volume
from services.volume.domain.snapshot import SnapshotStatus
from services.volume.domain.volume import CannotYet
from services.volume.store import snapshot_listing as listing
from services.volume.store.pages import Window
from services.volume.usecases import snapshots
from services.volume.usecases.snapshots import SnapshotWish
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

FORCE_ENDS: Final = 66  # since when volumes in use need no force


async def create(request: web.Request) -> web.Response:
    """Have a snapshot."""
    require(request, "volume:create_snapshot")
    asked = (await read(request, CreateSnapshot)).snapshot
    no_force = at_least(request, 3, FORCE_ENDS)
    if no_force and asked.force is False:
        raise BadInput(
            "Invalid value for 'force'. Passing false is not allowed since microversion 3.66."
        )
    wish = SnapshotWish(
        volume_id=uuid_of(str(asked.volume_id), volume.not_found),
        name=asked.name,
        description=asked.description,
        metadata=asked.metadata or {},
        even_in_use=no_force or bool(asked.force),
    )
    made = await snapshots.create(
        request.app[DEPS].transaction, request[CALLER], scope(request), wish
    )
    return answer({"snapshot": versioned(request, made)}, status=202)


async def list_briefly(request: web.Request) -> web.Response:
    """List snapshots, briefly."""
    return await _list(request, detailed=False)


async def list_whole(request: web.Request) -> web.Response:
    """List snapshots, whole."""
    return await _list(request, detailed=True)


async def _list(request: web.Request, *, detailed: bool) -> web.Response:
    require(request, "volume:get_all_snapshots")
    deps = request.app[DEPS]
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=listing.SORTABLE)
    filters = snapshot_filters_in(request)
    window = Window(
        order=[(sort.key, sort.descending) for sort in page.sorts],
        limit=page.limit,
        marker=None if page.marker is None else uuid_of(page.marker, domain.not_found),
        offset=page.offset,
    )
    found = await listing.list_snapshots(deps.reads, filters, window)
    views = [detail(request, each) if detailed else brief(each) for each in found]
    body: dict[str, Any] = {"snapshots": views}
    if links := next_links(request, page, [str(each.id) for each in found]):
        body["snapshots_links"] = links
    if at_least(request, 3, 45) and is_yes(request, "with_count"):
        body["count"] = await listing.count_snapshots(deps.reads, filters)
    return answer(body)


async def show(request: web.Request) -> web.Response:
    """Show a snapshot."""
    require(request, "volume:get_snapshot")
    found = await listing.show_snapshot(
        request.app[DEPS].reads, snapshot_id_in(request), scope(request)
    )
    return answer({"snapshot": detail(request, found)})


async def update(request: web.Request) -> web.Response:
    """Name a snapshot."""
    require(request, "volume:update_snapshot")
    changes = (await read(request, UpdateSnapshot)).snapshot.changes()
    if not changes and at_least(request, 3, 53):
        raise BadInput("Invalid input for field/attribute snapshot. At least one key is needed.")
    changed = await snapshots.change(
        request.app[DEPS].transaction,
        snapshot_id_in(request),
        scope(request),
        snapshots.with_values(**changes),
    )
    return answer({"snapshot": versioned(request, changed)})


async def delete(request: web.Request) -> web.Response:
    """Have no such snapshot."""
    require(request, "volume:delete_snapshot")
    await snapshots.delete(request.app[DEPS].transaction, snapshot_id_in(request), scope(request))
    return web.Response(status=202)


async def act(request: web.Request) -> web.Response:
    """Do the one action the body names."""
    body = (await read(request, ActionBody)).root
    if len(body) != 1:
        raise BadInput("The request body must hold exactly one action.")
    ((name, arguments),) = body.items()
    if name == "os-unmanage":
        raise CannotYet("Snapshots cannot be taken out of management.")
    if name not in ACTIONS:
        raise BadInput(f"There is no such action: {name[:60]}")
    rule, schema, do = ACTIONS[name]
    require(request, rule)
    await do(request, parsed({} if arguments is None else arguments, schema))
    return web.Response(status=202)


async def _reset(request: web.Request, given: ResetSnapshot) -> None:
    wanted = given.status.lower()
    known = {each.value for each in SnapshotStatus} - {SnapshotStatus.DELETED.value}
    if wanted not in known:
        raise BadInput(f"Must specify a valid status, not '{wanted[:60]}'.")
    await _change(request, snapshots.with_values(status=SnapshotStatus(wanted)))


async def _update_status(request: web.Request, given: UpdateStatus) -> None:
    await _change(request, lambda old, now: old.updated_to(given.status, given.progress, now))


async def _force_delete(request: web.Request, _given: Nothing) -> None:
    await snapshots.delete(
        request.app[DEPS].transaction, snapshot_id_in(request), scope(request), force=True
    )


async def _change(request: web.Request, how: Any) -> None:
    await snapshots.change(
        request.app[DEPS].transaction, snapshot_id_in(request), scope(request), how
    )


ACTIONS: Final[dict[str, tuple[str, Any, Any]]] = {
    "os-reset_status": (
        "volume_extension:snapshot_admin_actions:reset_status",
        ResetSnapshot,
        _reset,
    ),
    "os-force_delete": (
        "volume_extension:snapshot_admin_actions:force_delete",
        Nothing,
        _force_delete,
    ),
    "os-update_snapshot_status": (
        "snapshot_extension:snapshot_actions:update_snapshot_status",
        UpdateStatus,
        _update_status,
    ),
}

ROUTES: Final = [
    web.get("/snapshots", list_briefly),
    web.post("/snapshots", create),
    web.get("/snapshots/detail", list_whole),
    web.get("/snapshots/{snapshot_id}", show),
    web.put("/snapshots/{snapshot_id}", update),
    web.delete("/snapshots/{snapshot_id}", delete),
    web.post("/snapshots/{snapshot_id}/action", act),
]
