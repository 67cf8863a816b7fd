"""What projects used in a period, out of the rows of their servers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.api.queries import check_query, name_in
from services.compute.api.views.tenant_usage import usage_view
from services.compute.domain.tenant_usage import Period, Run
from services.compute.store.tenant_usage import runs
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least
from shared.web.paging import next_links, nova_page

RULE: Final = "os_compute_api:os-simple-tenant-usage:"
FORMATS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f",
                  "%Y-%m-%d %H:%M:%S")  # fmt: skip
USUAL: Final = timedelta(weeks=4)
Links = list[dict[str, str]]


async def list_usage(request: web.Request) -> web.Response:
    """Return what every project used."""
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}list")
    period, now = _period(request), utcnow()
    found, more = await _runs(request, period, None)
    detailed = request.query.get("detailed") == "1"
    views = [
        usage_view(project_id, list(of_project), period, now, detailed=detailed)
        for project_id, of_project in groupby(found, key=lambda run: run.project_id)
    ]
    return _answered("tenant_usages", views, more)


async def show_usage(request: web.Request) -> web.Response:
    """Return what a project used, server by server."""
    project_id = name_in(request, "project")
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}show", {"project_id": project_id})
    period, now = _period(request), utcnow()
    found, more = await _runs(request, period, project_id)
    view = usage_view(project_id, found, period, now, detailed=True) if found else {}
    return _answered("tenant_usage", view, more)


async def _runs(
    request: web.Request, period: Period, project_id: str | None
) -> tuple[Sequence[Run], Links]:
    """Return the servers that ran; since 2.40 a page of them, with the link to the next."""
    deps = request.app[DEPS]
    if not at_least(request, 2, 40):
        return await runs(deps.reads, period, project_id), []
    page = nova_page(request, max_limit=deps.settings.max_limit)
    marker = None if page.marker is None else uuid_of(page.marker)
    if page.marker is not None and marker is None:
        raise BadInput(f"Marker {page.marker[:64]} could not be found.")
    found = await runs(deps.reads, period, project_id, marker=marker, limit=page.limit)
    return found, next_links(request, page, [str(run.id) for run in found])


def _period(request: web.Request) -> Period:
    check_query(request, "start", "end", "detailed", "limit", "marker")
    end = _moment(request.query.get("end")) or utcnow()
    start = _moment(request.query.get("start")) or end - USUAL
    if start >= end:
        raise BadInput("Invalid start time. The start time cannot occur after the end time.")
    return Period(start=start, end=end)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadInput("Datetime is in invalid format")


def _answered(name: str, view: Any, more: Links) -> web.Response:
    body = {name: view}
    if more:
        body[f"{name}_links"] = more
    return answer(body)


ROUTES: Final = [
    web.get("/os-simple-tenant-usage", list_usage),
    web.get("/os-simple-tenant-usage/{project}", show_usage),
]
