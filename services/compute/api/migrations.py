"""Moves of servers between nodes and sizes, as administrators list them."""

from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.api.queries import check_query
from services.compute.api.server_query import moment
from services.compute.api.views import moves as views
from services.compute.store import move_reads
from services.compute.store.move_reads import MoveCriteria
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least
from shared.web.paging import Page, next_links, nova_page

QUERY: Final = ("changes-before", "changes-since", "hidden", "host", "instance_uuid", "limit",
                "marker", "migration_type", "project_id", "source_compute", "status",
                "user_id")  # fmt: skip


async def list_migrations(request: web.Request) -> web.Response:
    """Return the moves that match."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:os-migrations:index")
    check_query(request, *QUERY, strict_since=59)
    paged = at_least(request, 2, 59)
    page = nova_page(request, max_limit=deps.settings.max_limit) if paged else Page(limit=1000)
    found = await move_reads.page(deps.reads, _criteria(request, page, paged=paged))
    body: dict[str, Any] = {"migrations": [views.migration(request, each) for each in found]}
    if paged and (links := next_links(request, page, [str(each.uuid) for each in found])):
        body["migrations_links"] = links
    return answer(body)


def _criteria(request: web.Request, page: Page, *, paged: bool) -> MoveCriteria:
    query = request.query
    by_people = at_least(request, 2, 80)
    return MoveCriteria(
        host=query.get("host"),
        status=query.get("status"),
        server_id=query.get("instance_uuid"),
        source=query.get("source_compute"),
        kind=query.get("migration_type"),
        user_id=query.get("user_id") if by_people else None,
        project_id=query.get("project_id") if by_people else None,
        since=_moment(request, "changes-since") if paged else None,
        before=_moment(request, "changes-before") if at_least(request, 2, 66) else None,
        marker=_marker(page.marker) if paged else None,
        limit=page.limit,
    )


def _moment(request: web.Request, name: str) -> Any:
    text = request.query.get(name)
    return None if text is None else moment(text, name)


def _marker(text: str | None) -> UUID | None:
    if text is None:
        return None
    found = uuid_of(text)
    if found is None:
        raise BadInput(f"Marker {text[:64]} could not be found.")
    return found


ROUTES: Final = [web.get("/os-migrations", list_migrations)]
