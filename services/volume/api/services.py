"""Handlers for what stores volumes: services, hosts, pools, zones."""

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes
from services.volume.api.policy import require
from services.volume.api.schemas.services import Host, LogReason, ServiceNamed
from services.volume.api.views.volumes import NOWHERE
from services.volume.domain.placing import EXT, GIB, zones
from services.volume.domain.volume import CannotYet
from services.volume.store.cluster_listing import Backend, list_backends
from services.volume.usecases import hosts
from shared.clock import micros, utcnow
from shared.contracts.gateway import ClusterState
from shared.errors import BadInput, NotFound
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import at_least

VOLUME: Final = "cinder-volume"
SCHEDULER: Final = "cinder-scheduler"
SELF: Final = "cyclades"
SILENCE: Final = 300.0  # seconds after which a cluster nobody heard of counts as down


async def _backends(request: web.Request) -> list[Backend]:
    return await list_backends(request.app[DEPS].reads)


def host_of(backend: Backend) -> str:
    """Return a cluster as volumes say where they are."""
    template = EXT if backend.cluster.ext_provider else backend.cluster.disk_template
    return f"{backend.cluster.name}@{template}"


def _row(
    request: web.Request, binary: str, host: str, backend: Backend | None, now: datetime
) -> dict[str, Any]:
    up = backend is None or _is_up(backend, now)
    shown: dict[str, Any] = {
        "binary": binary,
        "host": host,
        "zone": backend.cluster.availability_zone if backend else _default_zone(request),
        "status": "disabled" if backend and _is_disabled(backend) else "enabled",
        "state": "up" if up else "down",
        "updated_at": micros(backend.seen_at if backend else now),
        "disabled_reason": backend.reason if backend else None,
    }
    stores = binary == VOLUME
    if stores:
        shown |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
    if at_least(request, 3, 7):
        shown["cluster"] = None
    if stores and at_least(request, 3, 49):
        shown["backend_state"] = shown["state"]
    return shown


def _default_zone(request: web.Request) -> str:
    return request.app[DEPS].settings.availability_zone


def _is_disabled(backend: Backend) -> bool:
    return backend.disabled or backend.cluster.state is not ClusterState.ENABLED


def _is_up(backend: Backend, now: datetime) -> bool:
    heard = (now - backend.seen_at).total_seconds() < SILENCE
    return heard and backend.cluster.health != "down"


async def list_services(request: web.Request) -> web.Response:
    """List the scheduler, which is this service, and what stores volumes: every cluster."""
    require(request, "volume_extension:services:index")
    now, query = utcnow(), request.query
    rows = [
        _row(request, SCHEDULER, SELF, None, now),
        _row(request, VOLUME, NOWHERE, None, now),
        *(_row(request, VOLUME, host_of(each), each, now) for each in await _backends(request)),
    ]
    wanted = [
        each
        for each in rows
        if query.get("binary", each["binary"]) == each["binary"]
        and query.get("host", each["host"]) in (each["host"], each["host"].partition("@")[0])
    ]
    return answer({"services": wanted})


async def change_service(request: web.Request) -> web.Response:
    """Have new volumes on a cluster, or no longer."""
    require(request, "volume_extension:services:update")
    action = request.match_info["action"]
    if action not in ACTIONS:
        raise NotFound("Unknown action")
    return await ACTIONS[action](request)


async def _enable(request: web.Request) -> web.Response:
    asked = await read(request, ServiceNamed)
    return await _write(request, asked, disabled=False, reason=None)


async def _disable(request: web.Request) -> web.Response:
    asked = await read(request, ServiceNamed)
    return await _write(request, asked, disabled=True, reason=None)


async def _disable_and_say_why(request: web.Request) -> web.Response:
    asked = await read(request, LogReason)
    return await _write(request, asked, disabled=True, reason=asked.disabled_reason)


async def _write(
    request: web.Request, asked: ServiceNamed, *, disabled: bool, reason: str | None
) -> web.Response:
    cluster = asked.host.partition("@")[0]
    known = {each.cluster.name for each in await _backends(request)}
    if asked.binary not in (VOLUME, None) or cluster not in known:
        raise NotFound(f"Service {asked.binary} could not be found on host {asked.host}.")
    await hosts.write_down(
        request.app[DEPS].transaction, cluster, VOLUME, disabled=disabled, reason=reason
    )
    shown: dict[str, Any] = {
        "host": asked.host,
        "service": VOLUME,
        "binary": VOLUME,
        "disabled": disabled,
        "status": "disabled" if disabled else "enabled",
    }
    if not disabled or reason is not None:
        shown["disabled_reason"] = reason
    return answer(shown)


async def _freeze(request: web.Request) -> web.Response:
    asked = await read(request, Host)
    known = {host_of(each) for each in await _backends(request)}
    if asked.host not in known | {host.partition("@")[0] for host in known}:
        raise BadInput(f"Invalid input received: Host {asked.host} could not be found.")
    raise CannotYet("Storage behind Ganeti is not replicated: it cannot be frozen or failed over.")


ACTIONS: Final = {
    "enable": _enable,
    "disable": _disable,
    "disable-log-reason": _disable_and_say_why,
    "freeze": _freeze,
    "thaw": _freeze,
    "failover_host": _freeze,
    "failover": _freeze,
}


async def list_hosts(request: web.Request) -> web.Response:
    """List what stores volumes, as services were listed once."""
    require(request, "volume_extension:hosts")
    now = utcnow()
    shown = [
        {
            "host_name": host_of(each),
            "service": VOLUME,
            "zone": each.cluster.availability_zone,
            "service-status": "available" if _is_up(each, now) else "unavailable",
            "service-state": "disabled" if _is_disabled(each) else "enabled",
            "last-update": micros(each.seen_at),
        }
        for each in await _backends(request)
    ]
    return answer({"hosts": shown})


async def list_pools(request: web.Request) -> web.Response:
    """List what volumes can be stored in, with the room there is."""
    require(request, "scheduler_extension:scheduler_stats:get_pools")
    every = await _backends(request)
    shown = [_pool(each, detailed=is_yes(request, "detail")) for each in every]
    name = request.query.get("name") if at_least(request, 3, 28) else None
    return answer({"pools": [each for each in shown if name in (None, each["name"])]})


def _pool(backend: Backend, *, detailed: bool) -> dict[str, Any]:
    name = f"{host_of(backend)}#pool"
    if not detailed:
        return {"name": name}
    nodes = [node for node in backend.cluster.nodes if not node.offline]
    total = sum(node.disk for node in nodes) if backend.total is None else backend.total
    free = sum(node.disk_free for node in nodes) if backend.free is None else backend.free
    capabilities = {
        "volume_backend_name": backend.cluster.name,
        "pool_name": "pool",
        "storage_protocol": "ganeti",
        "vendor_name": "Ganeti",
        "driver_version": backend.agent_version or backend.cluster.software_version,
        "total_capacity_gb": round(total / GIB, 2),
        "free_capacity_gb": round(free / GIB, 2),
        "allocated_capacity_gb": round((total - free) / GIB, 2),
        "reserved_percentage": 0,
        "max_over_subscription_ratio": "1.0",
        "provisioned_capacity_gb": round((total - free) / GIB, 2),
        "location_info": None,
        "QoS_support": False,
        "multiattach": False,
        "thin_provisioning_support": False,
        "thick_provisioning_support": True,
        "timestamp": micros(backend.seen_at),
        "filter_function": None,
        "goodness_function": None,
    }
    return {"name": name, "capabilities": capabilities}


async def list_zones(request: web.Request) -> web.Response:
    """List the zones volumes may be in: the clusters'."""
    clusters = [each.cluster for each in await _backends(request)]
    names = zones(clusters) or [_default_zone(request)]
    info = [{"zoneName": name, "zoneState": {"available": True}} for name in names]
    return answer({"availabilityZoneInfo": info})


async def clean_up(request: web.Request) -> web.Response:
    """Find nothing to clean up: what was begun is taken up again by itself (3.24)."""
    require(request, "workers:cleanup")
    if not at_least(request, 3, 24):
        raise NotFound("The resource could not be found.")
    return answer({"cleaning": [], "unavailable": []}, status=202)


ROUTES: Final = [
    web.get("/os-services", list_services),
    web.put("/os-services/{action}", change_service),
    web.get("/os-hosts", list_hosts),
    web.get("/scheduler-stats/get_pools", list_pools),
    web.get("/os-availability-zone", list_zones),
    web.post("/workers/cleanup", clean_up),
]
