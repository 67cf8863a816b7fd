"""Compute services as administrators list them: one on every node, and our own two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query, name_in
from services.compute.domain.hosts import Host, number_of, service_uuid
from services.compute.store import host_reads
from shared.clock import micros, utcnow
from shared.errors import NotFound, NotSupported
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import MICROVERSION, at_least

RULE: Final = "os_compute_api:os-services:"
INTERNAL_ZONE: Final = "internal"
OUR_HOST: Final = "cyclades"  # placement and sagas run in every process of the service
OURS: Final = ("nova-conductor", "nova-scheduler")
VERBS: Final = frozenset({"enable", "disable", "disable-log-reason", "force-down"})


class ServicesAreNodes(NotSupported):
    """A service is switched where its node is: in Ganeti, or with the cluster at the gateway."""

    code = "compute.service.is_a_node"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service somewhere."""

    id: UUID
    binary: str
    host: str
    zone: str
    is_up: bool
    disabled_reason: str | None
    updated_at: datetime


def service_rows(hosts: Sequence[Host]) -> list[ServiceRow]:
    """Return our own services and those on the nodes."""
    ours = [
        ServiceRow(
            id=service_uuid(binary, OUR_HOST),
            binary=binary,
            host=OUR_HOST,
            zone=INTERNAL_ZONE,
            is_up=True,  # or nobody would be telling
            disabled_reason=None,
            updated_at=utcnow(),
        )
        for binary in OURS
    ]
    return ours + [
        ServiceRow(
            id=host.service_uuid,
            binary="nova-compute",
            host=host.name,
            zone=host.zone,
            is_up=host.is_up,
            disabled_reason=host.disabled_reason,
            updated_at=host.seen_at,
        )
        for host in hosts
    ]


async def list_services(request: web.Request) -> web.Response:
    """Return the services, all or those on a host or of a kind."""
    check_query(request, "host", "binary")
    wanted, minor = request.query, request[MICROVERSION].minor
    views = [
        _view(row, minor)
        for row in await _rows(request, "list")
        if wanted.get("host") in {None, row.host} and wanted.get("binary") in {None, row.binary}
    ]
    return answer({"services": views})


async def change_service(request: web.Request) -> NoReturn:
    """Refuse to change a service; before 2.53 the URL names a verb, since then a service."""
    name = name_in(request, "service_id")
    rows = await _rows(request, "update")
    if at_least(request, 2, 53):
        _require_known(name, rows)
    elif name not in VERBS:
        raise NotFound("Unknown action")
    raise ServicesAreNodes(
        "Compute services are nodes of Ganeti clusters: drain the node in Ganeti, "
        "or the cluster at the gateway."
    )


async def delete_service(request: web.Request) -> NoReturn:
    """Refuse to delete a service."""
    rows = await _rows(request, "delete")
    _require_known(name_in(request, "service_id"), rows)
    raise ServicesAreNodes(
        "Compute services are nodes of Ganeti clusters: remove the node in Ganeti."
    )


async def _rows(request: web.Request, verb: str) -> list[ServiceRow]:
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], RULE + verb)
    return service_rows(await host_reads.hosts(deps.reads, deps.settings.ganeti_prefix))


def _require_known(name: str, rows: Sequence[ServiceRow]) -> None:
    if name not in {str(row.id) for row in rows} | {str(number_of(row.id)) for row in rows}:
        raise NotFound(f"Service {name} could not be found.")


def _view(row: ServiceRow, minor: int) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": str(row.id) if minor >= 53 else number_of(row.id),
        "binary": row.binary,
        "host": row.host,
        "zone": row.zone,
        "status": "enabled" if row.disabled_reason is None else "disabled",
        "state": "up" if row.is_up else "down",
        "updated_at": micros(row.updated_at),
        "disabled_reason": row.disabled_reason,
    }
    if minor >= 11:
        view["forced_down"] = False
    return view


ROUTES: Final = [
    web.get("/os-services", list_services),
    web.put("/os-services/{service_id}", change_service),
    web.delete("/os-services/{service_id}", delete_service),
]
