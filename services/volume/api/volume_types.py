"""Handlers for /types."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.filters import dictionary
from services.volume.api.paths import type_id_in
from services.volume.api.policy import require
from services.volume.api.schemas.base import ActionBody
from services.volume.api.schemas.volume_types import (
    CreateType,
    ExtraSpecs,
    ProjectAccess,
    UpdateType,
)
from services.volume.api.views.volume_types import answered, volume_type
from services.volume.domain.volume import CannotYet
from services.volume.domain.volume_type import VolumeType, not_found
from services.volume.store import type_listing
from services.volume.usecases import volume_types
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

KEYS: Final[Mapping[str, Callable[[VolumeType], str]]] = {
    "name": lambda kind: kind.name,
    "description": lambda kind: kind.description or "",
}
SORTABLE: Final = frozenset({"id", "created_at", *KEYS})


def _is_usable(request: web.Request, kind: VolumeType) -> bool:
    caller = request[CALLER]
    return kind.is_usable_by(caller.project_id, is_admin=caller.is_admin)


async def _usable(request: web.Request) -> VolumeType:
    kind = await type_listing.show_type(request.app[DEPS].reads, type_id_in(request))
    if not _is_usable(request, kind):
        raise not_found(kind.id)
    return kind


async def _default(request: web.Request) -> VolumeType:
    deps = request.app[DEPS]
    name = deps.settings.default_volume_type
    kind = await type_listing.show_usual(deps.reads, request[CALLER].project_id, name)
    if not _is_usable(request, kind):
        raise not_found(name)
    return kind


def _publicity(request: web.Request) -> Callable[[VolumeType], bool]:
    """Return which types are asked for: users get public ones and their own in any case."""
    asked = request.query.get("is_public", "").lower()
    if not request[CALLER].is_admin or asked in ("none", ""):
        everything = request[CALLER].is_admin and asked == "none"
        return lambda kind: everything or kind.is_public or _is_mine(request, kind)
    if asked not in ("true", "false", "1", "0"):
        raise BadInput(f"Invalid is_public filter [{asked[:40]}]")
    return lambda kind: kind.is_public == (asked in ("true", "1"))


def _is_mine(request: web.Request, kind: VolumeType) -> bool:
    return request[CALLER].project_id in kind.projects


async def list_types(request: web.Request) -> web.Response:
    """List types."""
    require(request, "volume_extension:type_get_all")
    deps, wanted = request.app[DEPS], _publicity(request)
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    every = await type_listing.list_types(deps.reads)
    asked = [kind for kind in every if wanted(kind) and _has_specs(request, kind)]
    kinds = cut(asked, page, KEYS, not_found)
    shown: dict[str, Any] = {"volume_types": [volume_type(request, kind) for kind in kinds]}
    if links := next_links(request, page, [str(kind.id) for kind in kinds]):
        shown["volume_type_links"] = links
    return answer(shown)


def _has_specs(request: web.Request, kind: VolumeType) -> bool:
    """Whether the type has the extra specs asked for (3.52), of those the caller may see."""
    if "extra_specs" not in request.query or not at_least(request, 3, 52):
        return True
    asked = dictionary("extra_specs", request.query["extra_specs"])
    shown: dict[str, str] = volume_type(request, kind)["extra_specs"]
    return asked.items() <= shown.items()


async def show_type(request: web.Request) -> web.Response:
    """Show a type; ``default`` names the default one."""
    require(request, "volume_extension:type_get")
    is_default = request.match_info["type_id"] == "default"
    kind = await (_default(request) if is_default else _usable(request))
    return answer({"volume_type": volume_type(request, kind)})


async def create_type(request: web.Request) -> web.Response:
    """Have a type."""
    require(request, "volume_extension:type_create")
    asked = (await read(request, CreateType)).volume_type
    made = await volume_types.create(
        request.app[DEPS].transaction,
        asked.name.strip(),
        asked.description,
        is_public=asked.is_public,
        extra_specs={key: value or "" for key, value in (asked.extra_specs or {}).items()},
    )
    return answer({"volume_type": answered(request, made)})


async def update_type(request: web.Request) -> web.Response:
    """Change a type."""
    require(request, "volume_extension:type_update")
    changes = (await read(request, UpdateType)).volume_type.changes()
    changed = await volume_types.change(
        request.app[DEPS].transaction, type_id_in(request), lambda kind: replace(kind, **changes)
    )
    shown = answered(request, changed)
    del shown["os-volume-type-access:is_public"]  # an extension that this answer never had
    return answer({"volume_type": shown})


async def delete_type(request: web.Request) -> web.Response:
    """Have no such type."""
    require(request, "volume_extension:type_delete")
    deps = request.app[DEPS]
    await volume_types.delete(
        deps.transaction, type_id_in(request), deps.settings.default_volume_type
    )
    return web.Response(status=202)


async def show_extra_specs(request: web.Request) -> web.Response:
    """Show the extra specs the caller may see."""
    require(request, "volume_extension:access_types_extra_specs")
    kind = await _usable(request)
    return answer({"extra_specs": volume_type(request, kind)["extra_specs"]})


async def add_extra_specs(request: web.Request) -> web.Response:
    """Add extra specs."""
    require(request, "volume_extension:types_extra_specs:create")
    given = (await read(request, ExtraSpecs)).extra_specs
    await _add(request, given)
    return answer({"extra_specs": given})


async def _add(request: web.Request, given: dict[str, str]) -> None:
    await volume_types.change(
        request.app[DEPS].transaction,
        type_id_in(request),
        lambda kind: replace(kind, extra_specs={**kind.extra_specs, **given}),
    )


async def show_extra_spec(request: web.Request) -> web.Response:
    """Show one extra spec."""
    require(request, "volume_extension:access_types_extra_specs")
    key = request.match_info["key"]
    kind = await _usable(request)
    specs = volume_type(request, kind)["extra_specs"]
    if key not in specs:
        raise NotFound(f"Volume Type {kind.id} has no extra specs with key {key}.")
    return answer({key: specs[key]})


async def put_extra_spec(request: web.Request) -> web.Response:
    """Change one extra spec."""
    require(request, "volume_extension:types_extra_specs:update")
    key, body = request.match_info["key"], (await read(request, ActionBody)).root
    if set(body) != {key}:
        raise BadInput("Request body and URI mismatch.")
    given = parsed({"extra_specs": body}, ExtraSpecs).extra_specs
    await _add(request, given)
    return answer(given)


async def delete_extra_spec(request: web.Request) -> web.Response:
    """Drop one extra spec."""
    require(request, "volume_extension:types_extra_specs:delete")
    drop = volume_types.without_spec(request.match_info["key"])
    await volume_types.change(request.app[DEPS].transaction, type_id_in(request), drop)
    return web.Response(status=202)


async def list_access(request: web.Request) -> web.Response:
    """List who may use a type that is not public."""
    require(request, "volume_extension:volume_type_access:get_all_for_type")
    kind = await type_listing.show_type(request.app[DEPS].reads, type_id_in(request))
    if kind.is_public:
        raise NotFound("Access list not available for public volume types.")
    access = [
        {"volume_type_id": str(kind.id), "project_id": each} for each in sorted(kind.projects)
    ]
    return answer({"volume_type_access": access})


async def show_encryption(request: web.Request) -> web.Response:
    """Show how volumes of a type are encrypted, which none are."""
    require(request, "volume_extension:volume_type_encryption:get")
    await type_listing.show_type(request.app[DEPS].reads, type_id_in(request))
    return answer({})


async def encrypt(request: web.Request) -> web.Response:
    """Refuse to encrypt: Ganeti does not."""
    require(request, "volume_extension:volume_type_encryption:create")
    await type_listing.show_type(request.app[DEPS].reads, type_id_in(request))
    raise CannotYet("Volumes cannot be encrypted: Ganeti's disks are not.")


async def act_on_type(request: web.Request) -> web.Response:
    """Let a project use a type, or no longer."""
    body = (await read(request, ActionBody)).root
    if len(body) != 1 or not set(body) <= {"addProjectAccess", "removeProjectAccess"}:
        raise BadInput("The request body must hold addProjectAccess or removeProjectAccess.")
    ((name, arguments),) = body.items()
    require(request, f"volume_extension:volume_type_access:{name}")
    project = parsed(arguments, ProjectAccess).project
    act = volume_types.give_access if name == "addProjectAccess" else volume_types.take_access
    await act(request.app[DEPS].transaction, type_id_in(request), project)
    return web.Response(status=202)


ROUTES: Final = [
    web.get("/types", list_types),
    web.post("/types", create_type),
    web.get("/types/{type_id}", show_type),
    web.put("/types/{type_id}", update_type),
    web.delete("/types/{type_id}", delete_type),
    web.post("/types/{type_id}/action", act_on_type),
    web.get("/types/{type_id}/os-volume-type-access", list_access),
    web.get("/types/{type_id}/encryption", show_encryption),
    web.post("/types/{type_id}/encryption", encrypt),
    web.get("/types/{type_id}/extra_specs", show_extra_specs),
    web.post("/types/{type_id}/extra_specs", add_extra_specs),
    web.get("/types/{type_id}/extra_specs/{key}", show_extra_spec),
    web.put("/types/{type_id}/extra_specs/{key}", put_extra_spec),
    web.delete("/types/{type_id}/extra_specs/{key}", delete_extra_spec),
]
