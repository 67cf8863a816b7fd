"""Handlers for /default-types (3.62): the type a project's volumes get when they name none."""

from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.policy import require
from services.volume.api.schemas.qos import SetDefaultType
from services.volume.store import type_listing
from services.volume.usecases import volume_types
from shared.errors import NotFound
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import at_least

RULE: Final = "volume_extension:default_"


def _require(request: web.Request, rule: str) -> str:
    if not at_least(request, 3, 62):
        raise NotFound("The resource could not be found.")
    project = request.match_info.get("project", "")
    require(request, f"{RULE}{rule}")
    return project


async def list_all(request: web.Request) -> web.Response:
    """List the projects that have a default type of their own."""
    _require(request, "get_all")
    every = await type_listing.list_default_types(request.app[DEPS].reads)
    shown = [
        {"project_id": project, "volume_type_id": str(type_id)}
        for project, type_id in sorted(every.items())
    ]
    return answer({"default_types": shown})


async def show(request: web.Request) -> web.Response:
    """Show the default type of a project that has its own."""
    project = _require(request, "get")
    every = await type_listing.list_default_types(request.app[DEPS].reads)
    if project not in every:
        raise NotFound(f"Default type for project {project} could not be found.")
    shown = {"project_id": project, "volume_type_id": str(every[project])}
    return answer({"default_type": shown})


async def put(request: web.Request) -> web.Response:
    """Have a project's volumes be of a type when they name none."""
    project = _require(request, "set_or_update")
    asked = (await read(request, SetDefaultType)).default_type
    kind = await volume_types.set_default(request.app[DEPS].transaction, project, asked.volume_type)
    shown = {"project_id": project, "volume_type_id": str(kind.id)}
    return answer({"default_type": shown})


async def delete(request: web.Request) -> web.Response:
    """Have the project's volumes be of the usual type again."""
    project = _require(request, "unset")
    await volume_types.unset_default(request.app[DEPS].transaction, project)
    return web.Response(status=204)


ROUTES: Final = [
    web.get("/default-types", list_all),
    web.get("/default-types/{project}", show),
    web.put("/default-types/{project}", put),
    web.delete("/default-types/{project}", delete),
]
