"""Handlers for /groups (3.13)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import EXACT_GROUPS, is_yes, whole_filters_in
from services.volume.api.paths import group_id_in, uuid_of
from services.volume.api.policy import allows, require, scope
from services.volume.api.schemas.base import ActionBody
from services.volume.api.schemas.groups import (
    CreateFromSource,
    CreateGroup,
    DeleteGroup,
    ResetWhole,
    UpdateGroup,
)
from services.volume.domain.group import Group, not_found
from services.volume.domain.volume import CannotYet
from services.volume.store.group_listing import (
    GROUPS,
    SORTABLE,
    list_wholes,
    show_whole,
    volumes_of,
)
from services.volume.store.pages import Window
from services.volume.usecases import group_snapshots, groups
from services.volume.usecases.create_volumes import Defaults
from services.volume.usecases.group_snapshots import Named
from services.volume.usecases.groups import GroupChange, GroupWish
from shared.clock import micros
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

SINCE: Final = 13
FROM_SOURCE: Final = 14
REPLICATION: Final = 38  # since when the actions below are known
REPLICATING: Final = frozenset(
    {
        "enable_replication",
        "disable_replication",
        "failover_replication",
        "list_replication_targets",
    }
)


def require_since(request: web.Request, minor: int, rule: str) -> None:
    """Let the caller through, if the API had this at the version asked for.

    Raises:
        NotFound: it had not.
        NotAllowed: the rule forbids it.
    """
    if not at_least(request, 3, minor):
        raise NotFound("The resource could not be found.")
    require(request, rule)


def brief(group: Group) -> dict[str, Any]:
    """Return a group in a list without details."""
    return {"id": str(group.id), "name": group.name}


def detail(
    request: web.Request, group: Group, volumes: Mapping[UUID, Sequence[str]] | None
) -> dict[str, Any]:
    """Return a group whole, with its volumes if they were asked for."""
    shown = brief(group) | {
        "status": group.status.value,
        "availability_zone": group.availability_zone,
        "created_at": micros(group.created_at),
        "description": group.description,
        "group_type": str(group.group_type_id),
        "volume_types": [str(each) for each in group.volume_types],
    }
    if at_least(request, 3, FROM_SOURCE):
        shown |= {
            "group_snapshot_id": _text(group.group_snapshot_id),
            "source_group_id": _text(group.source_group_id),
        }
    if volumes is not None:
        shown["volumes"] = list(volumes.get(group.id, ()))
    if at_least(request, 3, REPLICATION):
        shown["replication_status"] = "disabled"
    if at_least(request, 3, 58) and allows(request, "group:group_project_attribute"):
        shown["project_id"] = group.project_id
    return shown


def _text(ident: UUID | None) -> str | None:
    return None if ident is None else str(ident)


async def _volumes(
    request: web.Request, found: Sequence[Group]
) -> Mapping[UUID, Sequence[str]] | None:
    """Return the volumes of groups if they are asked for (3.25)."""
    if not (at_least(request, 3, 25) and is_yes(request, "list_volume")):
        return None
    return await volumes_of(request.app[DEPS].reads, [each.id for each in found])


async def list_briefly(request: web.Request) -> web.Response:
    """List groups, briefly."""
    return await _list(request, detailed=False)


async def list_whole(request: web.Request) -> web.Response:
    """List groups, whole."""
    return await _list(request, detailed=True)


async def _list(request: web.Request, *, detailed: bool) -> web.Response:
    require_since(request, SINCE, "group:get_all")
    window = window_in(request, not_found)
    filters = whole_filters_in(request, EXACT_GROUPS)
    found = await list_wholes(request.app[DEPS].reads, GROUPS, filters, window)
    volumes = await _volumes(request, found) if detailed else None
    views = [detail(request, each, volumes) if detailed else brief(each) for each in found]
    body: dict[str, Any] = {"groups": views}
    if links := links_of(request, [str(each.id) for each in found]):
        body["group_links"] = links
    return answer(body)


def window_in(request: web.Request, missing: Callable[[object], NotFound]) -> Window:
    """Return which part of a list of groups, or of their snapshots, is asked for.

    Raises:
        BadInput: a number is none, or a key or direction is not known.
        NotFound: the marker is no id.
    """
    limit = request.app[DEPS].settings.max_limit
    page = cinder_page(request, max_limit=limit, sortable=SORTABLE)
    return Window(
        order=[(sort.key, sort.descending) for sort in page.sorts],
        limit=page.limit,
        marker=None if page.marker is None else uuid_of(page.marker, missing),
        offset=page.offset,
    )


def links_of(request: web.Request, ids: Sequence[str]) -> list[dict[str, str]]:
    """Return the link to the next page, if there may be one."""
    limit = request.app[DEPS].settings.max_limit
    return next_links(request, cinder_page(request, max_limit=limit, sortable=SORTABLE), ids)


async def show(request: web.Request) -> web.Response:
    """Show a group."""
    require_since(request, SINCE, "group:get")
    reads = request.app[DEPS].reads
    found = await show_whole(reads, GROUPS, group_id_in(request), scope(request))
    return answer({"group": detail(request, found, await _volumes(request, [found]))})


async def create(request: web.Request) -> web.Response:
    """Have a group."""
    require_since(request, SINCE, "group:create")
    asked = (await read(request, CreateGroup)).group
    deps = request.app[DEPS]
    wish = GroupWish(
        group_type=asked.group_type,
        volume_types=asked.volume_types,
        name=asked.name,
        description=asked.description,
        zone=asked.availability_zone or None,
    )
    zone = deps.settings.availability_zone
    made = await groups.create(deps.transaction, request[CALLER], wish, zone)
    return answer({"group": brief(made)}, status=202)


async def create_from_source(request: web.Request) -> web.Response:
    """Have a group whose volumes are copies (3.14)."""
    require_since(request, FROM_SOURCE, "group:create")
    asked = (await read(request, CreateFromSource)).source
    deps, caller = request.app[DEPS], request[CALLER]
    named = Named(name=asked.name, description=asked.description)
    usual = Defaults(
        volume_type=deps.settings.default_volume_type, zone=deps.settings.availability_zone
    )
    make: Callable[..., Awaitable[Group]] = group_snapshots.group_from_group
    ident = asked.source_group_id
    if ident is None:
        make, ident = group_snapshots.group_from_snapshot, asked.group_snapshot_id
    made = await make(deps.transaction, caller, UUID(ident), named, usual)
    return answer({"group": brief(made)}, status=202)


async def update(request: web.Request) -> web.Response:
    """Name a group, and have volumes in it or no longer."""
    require_since(request, SINCE, "group:update")
    asked = (await read(request, UpdateGroup)).group
    change = GroupChange(
        name=asked.name,
        description=asked.description,
        add=_ids(asked.add_volumes),
        remove=_ids(asked.remove_volumes),
    )
    await groups.update(request.app[DEPS].transaction, group_id_in(request), scope(request), change)
    return web.Response(status=202)


def _ids(text: str | None) -> frozenset[UUID]:
    return frozenset(UUID(each.strip()) for each in (text or "").split(",") if each.strip())


async def act(request: web.Request) -> web.Response:
    """Do the one action the body names."""
    body = (await read(request, ActionBody)).root
    if len(body) != 1:
        raise BadInput("The request body must hold exactly one action.")
    ((name, arguments),) = body.items()
    if name in REPLICATING and at_least(request, 3, REPLICATION):
        raise CannotYet("Groups are not replicated.")
    if name not in ACTIONS:
        raise BadInput(f"There is no such action: {name[:60]}")
    return await ACTIONS[name](request, {} if arguments is None else arguments)


async def _delete(request: web.Request, arguments: Any) -> web.Response:
    require_since(request, SINCE, "group:delete")
    given = parsed(arguments, DeleteGroup)
    await groups.delete(
        request.app[DEPS].transaction,
        group_id_in(request),
        scope(request),
        with_volumes=given.delete_volumes,
    )
    return web.Response(status=202)


async def _reset(request: web.Request, arguments: Any) -> web.Response:
    require_since(request, 20, "group:reset_status")
    status = parsed(arguments, ResetWhole).status
    await groups.reset(request.app[DEPS].transaction, group_id_in(request), scope(request), status)
    return web.Response(status=202)


ACTIONS: Final[Mapping[str, Callable[[web.Request, Any], Awaitable[web.Response]]]] = {
    "delete": _delete,
    "reset_status": _reset,
}
ROUTES: Final = [
    web.get("/groups", list_briefly),
    web.post("/groups", create),
    web.get("/groups/detail", list_whole),
    web.post("/groups/action", create_from_source),
    web.get("/groups/{group_id}", show),
    web.put("/groups/{group_id}", update),
    web.post("/groups/{group_id}/action", act),
]
