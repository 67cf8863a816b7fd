"""Interfaces of a server: attached, listed, detached."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.actions.known import actor_of
from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.paths import server_id_in
from services.compute.api.schemas.devices import INTERFACE_SINCE, AttachInterface, NewInterface
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.servers import minor_of
from services.compute.domain.server import Nic
from services.compute.usecases import interfaces
from services.compute.usecases.interfaces import InterfaceWish, Wirer
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import at_least

RULE: Final = "os_compute_api:os-attach-interfaces:"


def _require(request: web.Request, rule: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + rule)


async def list_interfaces(request: web.Request) -> web.Response:
    """Return the NICs."""
    _require(request, "list")
    server = await server_in(request)
    return answer({"interfaceAttachments": [_interface(request, nic) for nic in server.nics]})


async def show_interface(request: web.Request) -> web.Response:
    """Return one NIC."""
    _require(request, "show")
    port_id = request.match_info["port_id"]
    for nic in (await server_in(request)).nics:
        if nic.port_id == port_id:
            return answer({"interfaceAttachment": _interface(request, nic)})
    raise NotFound(f"Port {port_id} could not be found.")


def _interface(request: web.Request, nic: Nic) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "net_id": nic.network_id,
        "port_id": nic.port_id,
        "mac_addr": nic.mac,
        "port_state": nic.status,
        "fixed_ips": [
            {"subnet_id": fixed.subnet_id, "ip_address": fixed.address} for fixed in nic.fixed_ips
        ],
    }
    if at_least(request, 2, 70):
        shown["tag"] = nic.tag
    return shown


async def attach_interface(request: web.Request) -> web.Response:
    """Begin to attach an interface."""
    _require(request, "create")
    given = (await read(request, AttachInterface)).interface or NewInterface()
    require_known_in(given, minor_of(request), INTERFACE_SINCE)
    deps, caller = request.app[DEPS], request[CALLER]
    wirer = Wirer(
        actor=actor_of(request),
        token=caller.token,
        may_attach_external=deps.policy.allows(
            caller, "os_compute_api:network:attach_external_network"
        ),
    )
    nic = await interfaces.attach(
        deps.transaction,
        deps.neighbours.networks,
        server_id_in(request),
        wirer,
        _wish(given),
    )
    return answer({"interfaceAttachment": _interface(request, nic)})


def _wish(given: NewInterface) -> InterfaceWish:
    if given.net_id and given.port_id:
        raise BadInput("Must not input both network_id and port_id")
    if given.fixed_ips and not given.net_id:
        raise BadInput("Must input network_id when request IP address")
    return InterfaceWish(
        network_id=given.net_id,
        port_id=given.port_id,
        fixed_ip=given.fixed_ips[0].ip_address if given.fixed_ips else None,
        tag=given.tag,
    )


async def detach_interface(request: web.Request) -> web.Response:
    """Begin to detach an interface."""
    _require(request, "delete")
    await interfaces.detach(
        request.app[DEPS].transaction,
        server_id_in(request),
        actor_of(request),
        request.match_info["port_id"],
    )
    return answer_nothing(status=202)


ALL: Final = "/servers/{server_id}/os-interface"
ONE: Final = f"{ALL}/{{port_id}}"
ROUTES: Final = [
    web.get(ALL, list_interfaces),
    web.post(ALL, attach_interface),
    web.get(ONE, show_interface),
    web.delete(ONE, detach_interface),
]
