"""Handlers for /types."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.paths import type_id_in
from services.volume.api.policy import require
from services.volume.api.schemas.bodies import (
    ActionBody,
    CreateType,
    ExtraSpecs,
    ProjectAccess,
    UpdateType,
)
from services.volume.api.views.volume_types import volume_type
from services.volume.domain.volume_type import VolumeType, not_found
from services.volume.store import listing
from services.volume.usecases import volume_types
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read


def _is_usable(request: web.Request, kind: VolumeType) -> bool:
    caller = request[CALLER]
    return kind.is_usable_by(caller.project_id, is_admin=caller.is_admin)


async def _usable(request: web.Request, name_or_id: str) -> VolumeType:
    kind = await listing.show_type(request.app[DEPS].reads, name_or_id)
    if not _is_usable(request, kind):
        raise not_found(name_or_id)
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
    wanted = _publicity(request)
    kinds = await listing.list_types(request.app[DEPS].reads)
    return answer({"volume_types": [volume_type(request, each) for each in kinds if wanted(each)]})


async def show_type(request: web.Request) -> web.Response:
    """Show a type; ``default`` names the default one."""
    require(request, "volume_extension:type_get")
    named = request.match_info["type_id"]
    if named == "default":
        named = request.app[DEPS].settings.default_volume_type
        return answer({"volume_type": volume_type(request, await _usable(request, named))})
    kind = await _usable(request, str(type_id_in(request)))
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
    return answer({"volume_type": volume_type(request, made)})


async def update_type(request: web.Request) -> web.Response:
    """Change a type."""
    require(request, "volume_extension:type_update")
    changes = (await read(request, UpdateType)).volume_type.model_dump(exclude_none=True)
    changed = await volume_types.change(
        request.app[DEPS].transaction, type_id_in(request), lambda kind: replace(kind, **changes)
    )
    return answer({"volume_type": volume_type(request, changed)})


async def delete_type(request: web.Request) -> web.Response:
    """Have no such type."""
    require(request, "volume_extension:type_delete")
    await volume_types.delete(request.app[DEPS].transaction, type_id_in(request))
    return web.Response(status=202)


async def show_extra_specs(request: web.Request) -> web.Response:
    """Show the extra specs the caller may see."""
    require(request, "volume_extension:access_types_extra_specs")
    kind = await _usable(request, str(type_id_in(request)))
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
    kind = await _usable(request, str(type_id_in(request)))
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
    kind = await volume_types.the_access(request.app[DEPS].transaction, type_id_in(request))
    access = [
        {"volume_type_id": str(kind.id), "project_id": each} for each in sorted(kind.projects)
    ]
    return answer({"volume_type_access": access})


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
    web.get("/types/{type_id}/extra_specs", show_extra_specs),
    web.post("/types/{type_id}/extra_specs", add_extra_specs),
    web.get("/types/{type_id}/extra_specs/{key}", show_extra_spec),
    web.put("/types/{type_id}/extra_specs/{key}", put_extra_spec),
    web.delete("/types/{type_id}/extra_specs/{key}", delete_extra_spec),
]
