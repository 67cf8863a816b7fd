"""Addresses, interfaces, security groups and volumes of a server: all from its row."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.views import servers as views
from services.compute.domain.server import Nic
from services.compute.store.references import documents_of
from shared.contracts.resources import SecurityGroupChanged
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least

RULE: Final = "os_compute_api:"


def _require(request: web.Request, rule: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + rule)


async def list_ips(request: web.Request) -> web.Response:
    """Return addresses by network."""
    _require(request, "ips:index")
    found = views.addresses(await server_in(request))
    return answer({"addresses": {label: _brief(ips) for label, ips in found.items()}})


async def show_ips(request: web.Request) -> web.Response:
    """Return the addresses in one network."""
    _require(request, "ips:show")
    label = request.match_info["label"]
    found = views.addresses(await server_in(request))
    if label not in found:
        raise NotFound("Instance is not a member of specified network")
    return answer({label: _brief(found[label])})


def _brief(addresses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"version": each["version"], "addr": each["addr"]} for each in addresses]


async def list_interfaces(request: web.Request) -> web.Response:
    """Return the NICs."""
    _require(request, "os-attach-interfaces:list")
    server = await server_in(request)
    return answer({"interfaceAttachments": [_interface(request, nic) for nic in server.nics]})


async def show_interface(request: web.Request) -> web.Response:
    """Return one NIC."""
    _require(request, "os-attach-interfaces:show")
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


async def list_security_groups(request: web.Request) -> web.Response:
    """Return the security groups of the server's ports."""
    _require(request, "os-security-groups:list")
    server = await server_in(request)
    ids = [group.id for group in server.security_groups if group.id]
    reads = request.app[DEPS].reads
    known = await documents_of(reads, SecurityGroupChanged.resource, ids) if ids else {}
    return answer(
        {
            "security_groups": [
                {
                    "id": group.id,
                    "name": group.name,
                    "description": known.get(group.id, {}).get("description", ""),
                    "tenant_id": server.project_id,
                    "rules": [],
                }
                for group in server.security_groups
            ]
        }
    )


SERVER: Final = "/servers/{server_id}"
ROUTES: Final = [
    web.get(f"{SERVER}/ips", list_ips),
    web.get(f"{SERVER}/ips/{{label}}", show_ips),
    web.get(f"{SERVER}/os-interface", list_interfaces),
    web.get(f"{SERVER}/os-interface/{{port_id}}", show_interface),
    web.get(f"{SERVER}/os-security-groups", list_security_groups),
]
