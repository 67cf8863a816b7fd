"""Compute services as administrators list them: one on every node, and our own two."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.api.queries import check_query, name_in
from services.compute.api.schemas.services import ForceDown, ServiceUpdate, Switch, SwitchWithReason
from services.compute.domain.hosts import Host, NodeFlag, number_of, service_uuid
from services.compute.store import host_reads
from services.compute.usecases import switching
from shared.clock import micros, utcnow
from shared.errors import BadInput, Conflict, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import MICROVERSION, at_least

RULE: Final = "os_compute_api:os-services:"
INTERNAL_ZONE: Final = "internal"
OUR_HOST: Final = "cyclades"  # placement and sagas run in every process of the service
OURS: Final = ("nova-conductor", "nova-scheduler")
COMPUTE: Final = "nova-compute"


class ServiceIsANode(Conflict):
    """A service is there as long as its node is: it is Ganeti's to remove."""

    code = "compute.service.is_a_node"


@dataclass(frozen=True, slots=True)
class Verb:
    """A way to switch a service until 2.52."""

    body: type[Switch]
    change: Callable[[NodeFlag, Any], NodeFlag]
    told: Callable[[NodeFlag], dict[str, Any]]
    since: int = 1


def _status(flag: NodeFlag) -> dict[str, Any]:
    return {"status": "disabled" if flag.disabled else "enabled"}


def _reason(flag: NodeFlag) -> dict[str, Any]:
    return _status(flag) | {"disabled_reason": flag.disabled_reason}


VERBS: Final[Mapping[str, Verb]] = {
    "enable": Verb(Switch, lambda flag, _given: flag.enabled(), _status),
    "disable": Verb(Switch, lambda flag, _given: flag.closed(None), _status),
    "disable-log-reason": Verb(
        SwitchWithReason, lambda flag, given: flag.closed(given.disabled_reason), _reason
    ),
    "force-down": Verb(
        ForceDown,
        lambda flag, given: replace(flag, forced_down=given.forced_down),
        lambda flag: {"forced_down": flag.forced_down},
        since=11,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service somewhere."""

    id: UUID
    binary: str
    host: str
    zone: str
    is_up: bool
    updated_at: datetime
    is_enabled: bool = True
    disabled_reason: str | None = None
    forced_down: bool = False
    node: Host | None = None  # where it runs; None: it is one of our own


def service_rows(hosts: Sequence[Host]) -> list[ServiceRow]:
    """Return our own services and those on the nodes."""
    ours = [
        ServiceRow(
            id=service_uuid(binary, OUR_HOST),
            binary=binary,
            host=OUR_HOST,
            zone=INTERNAL_ZONE,
            is_up=True,  # or nobody would be telling
            updated_at=utcnow(),
        )
        for binary in OURS
    ]
    return ours + [
        ServiceRow(
            id=host.service_uuid,
            binary=COMPUTE,
            host=host.name,
            zone=host.zone,
            is_up=host.is_up,
            updated_at=host.seen_at,
            is_enabled=host.is_enabled,
            disabled_reason=host.disabled_reason,
            forced_down=host.is_forced_down,
            node=host,
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


async def change_service(request: web.Request) -> web.Response:
    """Switch a service; before 2.53 the URL names a verb, since then a service."""
    name = name_in(request, "service_id")
    rows = await _rows(request, "update")
    if at_least(request, 2, 53):
        return await _update(request, name, rows)
    verb = VERBS.get(name)
    if verb is None or not at_least(request, 2, verb.since):
        raise NotFound("Unknown action")
    given = await read(request, verb.body)
    row = next((row for row in rows if (row.host, row.binary) == (given.host, given.binary)), None)
    if row is None:
        raise NotFound(f"Could not find binary {given.binary} on host {given.host}.")
    flag = await _switched(request, row, lambda known: verb.change(known, given))
    return answer({"service": {"host": row.host, "binary": row.binary, **verb.told(flag)}})


async def _update(request: web.Request, name: str, rows: Sequence[ServiceRow]) -> web.Response:
    if uuid_of(name) is None:
        raise BadInput(f"Invalid uuid {name[:64]}")
    row = _known(name, rows)
    given = await read(request, ServiceUpdate)
    if given.status is None and given.forced_down is None:
        raise BadInput(
            "No updates were requested. Fields 'status' or 'forced_down' should be specified."
        )
    if given.disabled_reason is not None and given.status != "disabled":
        raise BadInput(
            "Specifying disabled_reason requires that status is also provided with value 'disabled'"
        )

    def change(flag: NodeFlag) -> NodeFlag:
        if given.status is not None:
            closed = given.status == "disabled"
            flag = flag.closed(given.disabled_reason) if closed else flag.enabled()
        if given.forced_down is not None:
            flag = replace(flag, forced_down=given.forced_down)
        return flag

    await _switched(request, row, change)
    changed = _known(name, await _rows(request, "update"))
    return answer({"service": _view(changed, request[MICROVERSION].minor)})


async def _switched(
    request: web.Request, row: ServiceRow, change: Callable[[NodeFlag], NodeFlag]
) -> NodeFlag:
    if row.node is None:
        raise BadInput(
            f"Updating a {row.binary} service is not supported. "
            "Only nova-compute services can be updated."
        )
    return await switching.switch(request.app[DEPS].transaction, row.node, change)


async def delete_service(request: web.Request) -> NoReturn:
    """Refuse to delete a service."""
    rows = await _rows(request, "delete")
    _known(name_in(request, "service_id"), rows)
    raise ServiceIsANode(
        "Compute services are nodes of Ganeti clusters: remove the node in Ganeti."
    )


async def _rows(request: web.Request, verb: str) -> list[ServiceRow]:
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], RULE + verb)
    return service_rows(await host_reads.hosts(deps.reads, deps.settings.ganeti_prefix))


def _known(name: str, rows: Sequence[ServiceRow]) -> ServiceRow:
    for row in rows:
        if name in {str(row.id), str(number_of(row.id))}:
            return row
    raise NotFound(f"Service {name} could not be found.")


def _view(row: ServiceRow, minor: int) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": str(row.id) if minor >= 53 else number_of(row.id),
        "binary": row.binary,
        "host": row.host,
        "zone": row.zone,
        "status": "enabled" if row.is_enabled else "disabled",
        "state": "up" if row.is_up else "down",
        "updated_at": micros(row.updated_at),
        "disabled_reason": row.disabled_reason,
    }
    if minor >= 11:
        view["forced_down"] = row.forced_down
    return view


ROUTES: Final = [
    web.get("/os-services", list_services),
    web.put("/os-services/{service_id}", change_service),
    web.delete("/os-services/{service_id}", delete_service),
]
