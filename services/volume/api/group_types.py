"""Handlers for /group_types (3.11)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.paths import group_type_id_in
from services.volume.api.policy import allows, require
from services.volume.api.schemas.base import ActionBody
from services.volume.api.schemas.groups import CreateGroupType, GroupSpecs, UpdateGroupType
from services.volume.domain.group_type import GroupType, not_found
from services.volume.store.group_types import list_group_types, show_group_type
from services.volume.usecases import group_types
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

SINCE: Final = 11
SPECS: Final = "group:group_types_specs:"
KEYS: Final[Mapping[str, Callable[[GroupType], str]]] = {
    "name": lambda kind: kind.name,
    "description": lambda kind: kind.description or "",
}
SORTABLE: Final = frozenset({"id", "created_at", *KEYS})


def view(request: web.Request, kind: GroupType) -> dict[str, Any]:
    """Return a type of groups; its specs are administrators' business."""
    shown: dict[str, Any] = {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "is_public": kind.is_public,
    }
    if allows(request, "group:access_group_types_specs"):
        shown["group_specs"] = dict(kind.group_specs)
    return shown


def _since(request: web.Request) -> None:
    if not at_least(request, 3, SINCE):
        raise NotFound("The resource could not be found.")


def _require(request: web.Request, rule: str) -> None:
    _since(request)
    require(request, rule)


async def _usable(request: web.Request) -> GroupType:
    kind = await show_group_type(request.app[DEPS].reads, group_type_id_in(request))
    if not kind.is_usable(is_admin=request[CALLER].is_admin):
        raise not_found(kind.id)
    return kind


def _publicity(request: web.Request) -> Callable[[GroupType], bool]:
    """Return which types are asked for: users get public ones in any case."""
    asked = request.query.get("is_public", "").lower()
    if not request[CALLER].is_admin or asked == "":
        return lambda kind: kind.is_public
    if asked == "none":
        return lambda _kind: True
    if asked not in ("true", "false", "1", "0"):
        raise BadInput(f"Invalid is_public filter [{asked[:40]}]")
    return lambda kind: kind.is_public == (asked in ("true", "1"))


async def list_all(request: web.Request) -> web.Response:
    """List types of groups."""
    _since(request)
    deps, wanted = request.app[DEPS], _publicity(request)
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    every = [kind for kind in await list_group_types(deps.reads) if wanted(kind)]
    kinds = cut(every, page, KEYS, not_found)
    body: dict[str, Any] = {"group_types": [view(request, kind) for kind in kinds]}
    if links := next_links(request, page, [str(kind.id) for kind in kinds]):
        body["group_type_links"] = links
    return answer(body)


async def show(request: web.Request) -> web.Response:
    """Show a type of groups; ``default`` would name the default one, and there is none."""
    _since(request)
    if request.match_info["group_type_id"] == "default":
        raise NotFound("Default group type can not be found.")
    return answer({"group_type": view(request, await _usable(request))})


async def create(request: web.Request) -> web.Response:
    """Have a type of groups."""
    _require(request, "group:group_types:create")
    asked = (await read(request, CreateGroupType)).group_type
    made = await group_types.create(
        request.app[DEPS].transaction,
        asked.name.strip(),
        asked.description,
        is_public=asked.is_public,
        group_specs=asked.group_specs or {},
    )
    return answer({"group_type": view(request, made)}, status=202)


async def update(request: web.Request) -> web.Response:
    """Change a type of groups."""
    _require(request, "group:group_types:update")
    changes = (await read(request, UpdateGroupType)).group_type.changes()
    changed = await group_types.change(
        request.app[DEPS].transaction,
        group_type_id_in(request),
        lambda kind: replace(kind, **changes),
    )
    return answer({"group_type": view(request, changed)})


async def delete(request: web.Request) -> web.Response:
    """Have no such type of groups."""
    _require(request, "group:group_types:delete")
    await group_types.delete(request.app[DEPS].transaction, group_type_id_in(request))
    return web.Response(status=202)


async def list_specs(request: web.Request) -> web.Response:
    """Show what groups of the type promise."""
    _require(request, f"{SPECS}get_all")
    return answer({"group_specs": dict((await _usable(request)).group_specs)})


async def add_specs(request: web.Request) -> web.Response:
    """Have groups of the type promise more."""
    _require(request, f"{SPECS}create")
    given = (await read(request, GroupSpecs)).group_specs
    await _add(request, given)
    return answer({"group_specs": given}, status=202)


async def _add(request: web.Request, given: dict[str, str]) -> None:
    await group_types.change(
        request.app[DEPS].transaction,
        group_type_id_in(request),
        lambda kind: replace(kind, group_specs={**kind.group_specs, **given}),
    )


async def show_spec(request: web.Request) -> web.Response:
    """Show one thing that groups of the type promise."""
    _require(request, f"{SPECS}get")
    key, kind = request.match_info["key"], await _usable(request)
    if key not in kind.group_specs:
        raise NotFound(f"Group Type {kind.id} has no specs with key {key}.")
    return answer({key: kind.group_specs[key]})


async def put_spec(request: web.Request) -> web.Response:
    """Change one thing that groups of the type promise."""
    _require(request, f"{SPECS}update")
    key, body = request.match_info["key"], (await read(request, ActionBody)).root
    if set(body) != {key}:
        raise BadInput("Request body and URI mismatch.")
    given = parsed({"group_specs": body}, GroupSpecs).group_specs
    await _add(request, given)
    return answer(given)


async def delete_spec(request: web.Request) -> web.Response:
    """Have groups of the type promise one thing less."""
    _require(request, f"{SPECS}delete")
    drop = group_types.without_spec(request.match_info["key"])
    await group_types.change(request.app[DEPS].transaction, group_type_id_in(request), drop)
    return web.Response(status=202)


ROUTES: Final = [
    web.get("/group_types", list_all),
    web.post("/group_types", create),
    web.get("/group_types/{group_type_id}", show),
    web.put("/group_types/{group_type_id}", update),
    web.delete("/group_types/{group_type_id}", delete),
    web.get("/group_types/{group_type_id}/group_specs", list_specs),
    web.post("/group_types/{group_type_id}/group_specs", add_specs),
    web.get("/group_types/{group_type_id}/group_specs/{key}", show_spec),
    web.put("/group_types/{group_type_id}/group_specs/{key}", put_spec),
    web.delete("/group_types/{group_type_id}/group_specs/{key}", delete_spec),
]
