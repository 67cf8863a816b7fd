"""Handlers of /v2.0/quotas."""

from typing import Any, Final

from aiohttp import web

from services.network.api.deps import DEPS, require
from services.network.api.schemas.attributes import HTTPBadRequest
from services.network.api.schemas.checks import LARGEST, Unfit, boolean, integer
from services.network.domain.quota import UNLIMITED
from services.network.usecases import quotas
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json

# Limits of things that are not here: taken for the sake of clients that send them all, and unused.
UPSTREAM: Final = frozenset({"trunk"})
LIMIT: Final = integer(UNLIMITED, LARGEST)
LONGEST: Final = 255


def _project(request: web.Request, rule: str) -> str:
    """Return the project in the URL; others than one's own are administrators' business."""
    project_id = request.match_info["project_id"]
    if len(project_id) > LONGEST or "\0" in project_id:
        raise HTTPBadRequest("Invalid project id.")
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, rule, {"project_id": project_id})
    return project_id


async def list_quotas(request: web.Request) -> web.Response:
    """List the limits of projects that have their own."""
    require(request, "update_quota")
    listed = await quotas.listed(request.app[DEPS].transaction)
    return answer(
        {
            "quotas": [
                {"project_id": project, "tenant_id": project, **limits}
                for project, limits in listed.items()
            ]
        }
    )


async def show_own_project(request: web.Request) -> web.Response:
    """Say which project the token is of."""
    project_id = request[CALLER].project_id
    return answer({"tenant": {"tenant_id": project_id, "project_id": project_id}})


async def show_quota(request: web.Request) -> web.Response:
    """Show a project's limits."""
    project_id = _project(request, "get_quota")
    return answer({"quota": await quotas.limits(request.app[DEPS].transaction, project_id)})


async def show_default_quota(request: web.Request) -> web.Response:
    """Show the limits of projects that have none of their own."""
    _project(request, "get_quota")
    return answer({"quota": request.app[DEPS].quotas})


async def show_quota_details(request: web.Request) -> web.Response:
    """Show a project's limits and what it has."""
    project_id = _project(request, "get_quota")
    return answer({"quota": await quotas.details(request.app[DEPS].transaction, project_id)})


async def update_quota(request: web.Request) -> web.Response:
    """Give a project other limits."""
    project_id = _project(request, "update_quota")
    body = await read_json(request)
    if not isinstance(body, dict) or not isinstance(body.get("quota"), dict):
        raise HTTPBadRequest("Unable to find 'quota' in request body")
    wanted, force = _limits(body["quota"], request.app[DEPS].quotas)
    saved = await quotas.change(request.app[DEPS].transaction, project_id, wanted, force=force)
    return answer({"quota": saved})


def _limits(given: dict[str, Any], known: dict[str, int]) -> tuple[dict[str, int], bool]:
    wanted: dict[str, int] = {}
    force = True  # without check_limit nobody compares
    for key, value in given.items():
        try:
            if key in {"force", "check_limit"}:
                force = boolean(value) is (key == "force")
            elif key in known:
                wanted[key] = LIMIT(value)
            elif key not in UPSTREAM and key not in {"tenant_id", "project_id"}:
                raise HTTPBadRequest(f"Unrecognized attribute(s) '{key}'")
        except Unfit as wrong:
            raise HTTPBadRequest(f"Invalid input for {key}. Reason: {wrong}.") from wrong
    return wanted, force


async def delete_quota(request: web.Request) -> web.Response:
    """Give a project the default limits again."""
    project_id = _project(request, "delete_quota")
    await quotas.reset(request.app[DEPS].transaction, project_id)
    return answer_nothing()
