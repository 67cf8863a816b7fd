"""Moves of servers between nodes. None are made through this API yet, so none are listed."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.paging import nova_page

QUERY: Final = ("changes-before", "changes-since", "hidden", "host", "instance_uuid", "limit",
                "marker", "migration_type", "project_id", "source_compute", "status",
                "user_id")  # fmt: skip


async def list_migrations(request: web.Request) -> web.Response:
    """Return the moves that match."""
    request.app[DEPS].policy.require(request[CALLER], "os_compute_api:os-migrations:index")
    check_query(request, *QUERY, strict_since=59)
    nova_page(request)
    found: list[Any] = []
    return answer({"migrations": found})


ROUTES: Final = [web.get("/os-migrations", list_migrations)]
