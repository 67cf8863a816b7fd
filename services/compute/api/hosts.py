"""Nodes as hosts, the way they were listed until 2.42."""

from typing import Any, Final, NoReturn

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query, name_in
from services.compute.api.services import service_rows
from services.compute.api.views.hypervisors import capacity
from services.compute.domain.hosts import Host
from services.compute.store import host_reads
from shared.errors import NotFound, NotSupported
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least

LAST: Final = 42
RULE: Final = "os_compute_api:os-hosts:"


class HostsAreNodes(NotSupported):
    """Hosts are switched where their nodes are: in Ganeti."""

    code = "compute.host.is_a_node"


async def list_hosts(request: web.Request) -> web.Response:
    """Return every host and what runs on it, all or those of a zone."""
    found = await _enter(request, "list")
    check_query(request, "zone")
    zone = request.query.get("zone")
    rows = service_rows(found)
    shown = [
        {"host_name": row.host, "service": row.binary.removeprefix("nova-"), "zone": row.zone}
        for row in rows
        if zone in {None, row.zone}
    ]
    return answer({"hosts": shown})


async def show_host(request: web.Request) -> web.Response:
    """Return what a host has, and what of it is in use."""
    found, name = await _enter(request, "show"), name_in(request, "host")
    for host in found:
        if host.name == name:
            return answer({"host": [{"resource": each} for each in _resources(host)]})
    raise NotFound(f"Compute host {name[:255]} could not be found.")


async def act_on_host(request: web.Request) -> NoReturn:
    """Refuse to switch a host."""
    await _enter(request, "update")
    raise HostsAreNodes("Hosts are nodes of Ganeti clusters: they are switched there.")


async def _enter(request: web.Request, verb: str) -> list[Host]:
    if at_least(request, 2, LAST + 1):
        raise NotFound("The resource could not be found.")
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], RULE + verb)
    return await host_reads.hosts(deps.reads, deps.settings.ganeti_prefix)


def _resources(host: Host) -> list[dict[str, Any]]:
    has = capacity([host])
    rows = (
        ("(total)", has["vcpus"], has["memory_mb"], has["local_gb"]),
        ("(used_now)", has["vcpus_used"], has["memory_mb_used"], has["local_gb_used"]),
    )
    return [
        {"host": host.name, "project": project, "cpu": cpu, "memory_mb": memory, "disk_gb": disk}
        for project, cpu, memory, disk in rows
    ]


ROUTES: Final = [
    web.get("/os-hosts", list_hosts),
    web.get("/os-hosts/{host}", show_host),
    web.put("/os-hosts/{host}", act_on_host),
    web.get("/os-hosts/{host}/{power:startup|shutdown|reboot}", act_on_host),
]
