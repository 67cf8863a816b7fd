"""Handlers of /v2.0/auto-allocated-topology."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS
from services.network.api.schemas.attributes import HTTPBadRequest
from services.network.usecases import auto_topology
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing

DRY_RUN: Final = "dry-run"
OWN: Final = frozenset({"None", "null", ""})  # what clients write for "my own"
LONGEST: Final = 255


def _project(request: web.Request, rule: str) -> str:
    """Return the project in the URL; others than one's own are administrators' business."""
    given = request.match_info["project_id"]
    if len(given) > LONGEST or "\0" in given:
        raise HTTPBadRequest("Invalid project id.")
    deps, caller = request.app[DEPS], request[CALLER]
    project_id = caller.project_id if given in OWN else given
    deps.policy.require(caller, rule, {"project_id": project_id})
    return project_id


async def show_topology(request: web.Request) -> web.Response:
    """Show the project's network, which is made when first asked for."""
    project_id = _project(request, "get_auto_allocated_topology")
    deps = request.app[DEPS]
    if DRY_RUN in request.query.getall("fields", []):
        await auto_topology.check(deps.transaction, project_id)
        found = f"{DRY_RUN}=pass"
    else:
        made = await auto_topology.have(deps.transaction, deps.rules, deps.around, project_id)
        found = str(made)
    document = {"id": found, "tenant_id": project_id, "project_id": project_id}
    return answer({"auto_allocated_topology": document})


async def delete_topology(request: web.Request) -> web.Response:
    """Remove the project's network and its router."""
    project_id = _project(request, "delete_auto_allocated_topology")
    await auto_topology.forget(request.app[DEPS].transaction, project_id)
    return answer_nothing()
