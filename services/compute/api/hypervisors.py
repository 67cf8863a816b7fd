"""Hypervisors: the nodes of all clusters, for administrators."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query, name_in
from services.compute.api.server_query import yes
from services.compute.api.servers import minor_of
from services.compute.api.views.hypervisors import (
    brief_view,
    capacity,
    detailed_view,
    ident_of,
    uptime_of,
)
from services.compute.domain.hosts import Host
from services.compute.store import host_reads
from shared.clock import utcnow
from shared.errors import BadInput, NotFound, NotSupported
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import Page, next_links, nova_page

RULE: Final = "os_compute_api:os-hypervisors:"
View = Callable[..., dict[str, Any]]


class UptimeNotKnown(NotSupported):
    """Nobody knows since when a node runs."""

    code = "compute.hypervisor.uptime_not_known"


def _listing(verb: str, view: View) -> Callable[[web.Request], Any]:
    async def list_hypervisors(request: web.Request) -> web.Response:
        found, minor = await _enter(request, verb), request[MICROVERSION].minor
        check_query(
            request, "limit", "marker", "hypervisor_hostname_pattern", "with_servers",
            strict_since=53,
        )  # fmt: skip
        found, guests = _chosen(request, found), _with_guests(request)
        page = nova_page(request, max_limit=request.app[DEPS].settings.max_limit)
        if not at_least(request, 2, 33):
            return answer({"hypervisors": [view(each, minor, guests=guests) for each in found]})
        found = _page(found, page, minor)
        body: dict[str, Any] = {"hypervisors": [view(each, minor, guests=guests) for each in found]}
        ids = [str(ident_of(each, minor)) for each in found]
        if more := next_links(request, page, ids):
            body["hypervisors_links"] = more
        return answer(body)

    return list_hypervisors


async def show_hypervisor(request: web.Request) -> web.Response:
    """Return one hypervisor."""
    check_query(request, "with_servers", strict_since=53)
    host = _named(request, await _enter(request, "show"))
    view = detailed_view(host, request[MICROVERSION].minor, guests=_with_guests(request))
    return answer({"hypervisor": view})


async def show_statistics(request: web.Request) -> web.Response:
    """Return all hypervisors added up (until 2.87)."""
    found = await _enter(request, "statistics", until=87)
    up = [host for host in found if host.is_enabled]
    return answer({"hypervisor_statistics": {"count": len(up), **capacity(up)}})


async def show_uptime(request: web.Request) -> web.Response:
    """Return for how long a hypervisor has run at least (until 2.87).

    Raises:
        UptimeNotKnown: it does not answer.
    """
    host, minor = _named(request, await _enter(request, "uptime", until=87)), minor_of(request)
    uptime = uptime_of(host, utcnow())
    if uptime is None:
        raise UptimeNotKnown(f"Nobody knows since when {host.name} runs: it does not answer.")
    return answer({"hypervisor": brief_view(host, minor) | {"uptime": uptime}})


def _finding(verb: str, *, guests: bool) -> Callable[[web.Request], Any]:
    async def find_hypervisors(request: web.Request) -> web.Response:
        found, minor = await _enter(request, verb, until=52), request[MICROVERSION].minor
        found = _matching(found, name_in(request, "hypervisor_id"))
        views = [brief_view(each, minor, guests=guests) for each in found]
        return answer({"hypervisors": views})

    return find_hypervisors


async def _enter(request: web.Request, verb: str, until: int | None = None) -> list[Host]:
    if until is not None and at_least(request, 2, until + 1):
        raise NotFound("The resource could not be found.")
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], RULE + verb)
    return await host_reads.hosts(deps.reads, deps.settings.ganeti_prefix)


def _with_guests(request: web.Request) -> bool:
    if not at_least(request, 2, 53):
        return False
    return yes(request.query.get("with_servers", "false"), "with_servers")


def _chosen(request: web.Request, found: list[Host]) -> list[Host]:
    pattern = request.query.get("hypervisor_hostname_pattern")
    if pattern is None or not at_least(request, 2, 53):
        return found
    if "limit" in request.query or "marker" in request.query:
        raise BadInput("Paging over hypervisors with the hypervisor_hostname_pattern query "
                       "parameter is not supported.")  # fmt: skip
    return _matching(found, pattern)


def _matching(found: Sequence[Host], pattern: str) -> list[Host]:
    matching = [host for host in found if pattern in host.name]
    if not matching:
        raise NotFound(f"No hypervisor matching '{pattern[:255]}' could be found.")
    return matching


def _page(found: list[Host], page: Page, minor: int) -> list[Host]:
    if page.marker is not None:
        ids = [str(ident_of(each, minor)) for each in found]
        if page.marker not in ids:
            raise BadInput(f"marker [{page.marker[:64]}] not found")
        found = found[ids.index(page.marker) + 1 :]
    return found[: page.limit]


def _named(request: web.Request, found: Sequence[Host]) -> Host:
    ident, minor = name_in(request, "hypervisor_id"), request[MICROVERSION].minor
    for host in found:
        if str(ident_of(host, minor)) == ident:
            return host
    raise NotFound(f"Hypervisor with ID '{ident[:255]}' could not be found.")


ALL: Final = "/os-hypervisors"
ROUTES: Final = [
    web.get(ALL, _listing("list", brief_view)),
    web.get(f"{ALL}/detail", _listing("list-detail", detailed_view)),
    web.get(f"{ALL}/statistics", show_statistics),
    web.get(f"{ALL}/{{hypervisor_id}}", show_hypervisor),
    web.get(f"{ALL}/{{hypervisor_id}}/uptime", show_uptime),
    web.get(f"{ALL}/{{hypervisor_id}}/search", _finding("search", guests=False)),
    web.get(f"{ALL}/{{hypervisor_id}}/servers", _finding("servers", guests=True)),
]
