"""Networks as Nova showed them until 2.35."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.proxies.asking import Json, id_in, networks, require_until
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer

# What nova-network had and nobody has now.
NOTHING: Final = dict.fromkeys(
    (
        "bridge", "vpn_public_port", "dhcp_start", "bridge_interface", "share_address",
        "updated_at", "cidr_v6", "deleted_at", "gateway", "rxtx_base", "priority",
        "vpn_private_address",
        "deleted", "mtu", "dns1", "dns2", "enable_dhcp", "vlan", "host", "broadcast", "netmask",
        "injected", "cidr", "vpn_public_address", "multi_host", "created_at", "dhcp_server",
        "netmask_v6", "gateway_v6", "project_id",
    )
)  # fmt: skip


async def _visible(request: web.Request, rule: str) -> list[Json]:
    require_until(request)
    request.app[DEPS].policy.require(request[CALLER], f"os_compute_api:{rule}")
    found: list[Json] = (await networks(request, "GET", "/networks"))["networks"]
    return found


async def _one(request: web.Request, rule: str) -> Json:
    require_until(request)
    request.app[DEPS].policy.require(request[CALLER], f"os_compute_api:{rule}")
    ident = id_in(request, "network_id", "Network")
    try:
        found: Json = (await networks(request, "GET", f"/networks/{ident}"))["network"]
    except NotFound as absent:
        raise NotFound("Network not found") from absent
    return found


def _full(network: Json) -> dict[str, Any]:
    return {**NOTHING, "id": network["id"], "label": network["name"]}


def _brief(network: Json) -> dict[str, Any]:
    # Nova never asked for the subnets; this is what it said instead.
    return {"id": network["id"], "label": network["name"], "cidr": "None"}


async def list_networks(request: web.Request) -> web.Response:
    """Return the networks a user sees."""
    return answer(
        {"networks": [_full(each) for each in await _visible(request, "os-networks:list")]}
    )


async def show_network(request: web.Request) -> web.Response:
    """Return one network."""
    return answer({"network": _full(await _one(request, "os-networks:show"))})


async def list_tenant_networks(request: web.Request) -> web.Response:
    """Return the networks a user sees, briefly."""
    found = await _visible(request, "os-tenant-networks:list")
    return answer({"networks": [_brief(each) for each in found]})


async def show_tenant_network(request: web.Request) -> web.Response:
    """Return one network, briefly."""
    return answer({"network": _brief(await _one(request, "os-tenant-networks:show"))})


ROUTES: Final = [
    web.get("/os-networks", list_networks),
    web.get("/os-networks/{network_id}", show_network),
    web.get("/os-tenant-networks", list_tenant_networks),
    web.get("/os-tenant-networks/{network_id}", show_tenant_network),
]
