"""Availability zones: every cluster is in one."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.services import INTERNAL_ZONE, service_rows
from services.compute.domain.hosts import ALIVE
from services.compute.store import host_reads
from shared.clock import micros
from shared.contracts.gateway import ClusterState
from shared.identity.caller import CALLER
from shared.web.answers import answer

RULE: Final = "os_compute_api:os-availability-zone:"


async def list_zones(request: web.Request) -> web.Response:
    """Return the zones, and whether new servers may go there."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], f"{RULE}list")
    available: dict[str, bool] = {}
    for seen in await host_reads.clusters(deps.reads):
        cluster = seen.cluster
        takes = cluster.state is ClusterState.ENABLED and cluster.health in ALIVE
        zone = cluster.availability_zone
        available[zone] = available.get(zone, False) or takes
    return _listed({zone: (takes, None) for zone, takes in available.items()})


async def list_zones_in_detail(request: web.Request) -> web.Response:
    """Return the zones with their hosts and what runs there."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], f"{RULE}detail")
    zones: dict[str, dict[str, Any]] = {}
    for row in service_rows(await host_reads.hosts(deps.reads, deps.settings.ganeti_prefix)):
        service = {
            "available": row.is_up,
            "active": row.is_enabled,
            "updated_at": micros(row.updated_at),
        }
        zones.setdefault(row.zone, {}).setdefault(row.host, {})[row.binary] = service
    return _listed({zone: (_takes(zone, hosts), hosts) for zone, hosts in zones.items()})


def _takes(zone: str, hosts: Mapping[str, Any]) -> bool:
    services = [service for host in hosts.values() for service in host.values()]
    return zone == INTERNAL_ZONE or any(
        service["available"] and service["active"] for service in services
    )


def _listed(zones: Mapping[str, tuple[bool, Any]]) -> web.Response:
    return answer(
        {
            "availabilityZoneInfo": [
                {"zoneName": name, "zoneState": {"available": takes}, "hosts": hosts}
                for name, (takes, hosts) in sorted(zones.items())
            ]
        }
    )


ROUTES: Final = [
    web.get("/os-availability-zone", list_zones),
    web.get("/os-availability-zone/detail", list_zones_in_detail),
]
