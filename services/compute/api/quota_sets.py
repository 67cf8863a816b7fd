"""Limits of projects and of users in them."""

import re
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query, name_in
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.quotas import LimitsBody
from services.compute.domain.quota_set import UNTIL, QuotaSet, known_in
from services.compute.store.quotas import quota_set
from services.compute.usecases import quotas as usecases
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import MICROVERSION

PROJECT_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


async def show_quotas(request: web.Request) -> web.Response:
    """Return what a project, or a user in it, may have."""
    project_id, user_id = _enter(request, "show")
    known = await quota_set(request.app[DEPS].reads, project_id, user_id)
    return _shown(request, project_id, known.limits)


async def show_defaults(request: web.Request) -> web.Response:
    """Return what a project may have of which nothing was said."""
    project_id, _user_id = _enter(request, "defaults")
    known = await quota_set(request.app[DEPS].reads, project_id)
    return _shown(request, project_id, known.defaults)


async def show_quotas_in_detail(request: web.Request) -> web.Response:
    """Return limits with what is in use of them."""
    project_id, user_id = _enter(request, "detail")
    known = await quota_set(request.app[DEPS].reads, project_id, user_id)
    detailed = {
        name: {"limit": limit, "in_use": known.used.get(name, 0), "reserved": 0}
        for name, limit in known_in(known.limits, request[MICROVERSION].minor).items()
    }
    return answer({"quota_set": {"id": project_id, **detailed}})


async def update_quotas(request: web.Request) -> web.Response:
    """Set limits."""
    project_id, user_id = _enter(request, "update")
    given, minor = (await read(request, LimitsBody)).quota_set, request[MICROVERSION].minor
    require_known_in(given, minor, {}, dict(UNTIL))
    known: QuotaSet = await usecases.set_limits(
        request.app[DEPS].transaction, project_id, user_id, given.sent(), force=given.force
    )
    return answer({"quota_set": known_in(known.limits, minor)})


async def delete_quotas(request: web.Request) -> web.Response:
    """Let the defaults hold again."""
    project_id, user_id = _enter(request, "delete")
    await usecases.clear_limits(request.app[DEPS].transaction, project_id, user_id)
    return answer_nothing(status=202)


def _enter(request: web.Request, verb: str) -> tuple[str, str]:
    """Return the project and the user ("": none) that are meant, if the caller may."""
    check_query(request, "user_id")
    project_id = name_in(request, "project")
    request.app[DEPS].policy.require(
        request[CALLER], f"os_compute_api:os-quota-sets:{verb}", {"project_id": project_id}
    )
    user_id = request.query.get("user_id", "")
    if not PROJECT_ID.fullmatch(project_id):
        raise BadInput(f"Project ID {project_id[:64]} is not a valid project.")
    if len(user_id) > 255:
        raise BadInput("Invalid input for query parameters user_id.")
    return project_id, user_id


def _shown(request: web.Request, project_id: str, limits: dict[str, int]) -> web.Response:
    body: dict[str, Any] = {"id": project_id} | known_in(limits, request[MICROVERSION].minor)
    return answer({"quota_set": body})


ONE: Final = "/os-quota-sets/{project}"
ROUTES: Final = [
    web.get(ONE, show_quotas),
    web.put(ONE, update_quotas),
    web.delete(ONE, delete_quotas),
    web.get(f"{ONE}/defaults", show_defaults),
    web.get(f"{ONE}/detail", show_quotas_in_detail),
]
