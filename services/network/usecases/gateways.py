"""A router's way to the world: its port on an external network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.errors import BadRequest, InvalidInput
from services.network.domain.network import Network
from services.network.domain.port import Port
from services.network.domain.resource import View
from services.network.domain.router import GATEWAY, Router
from services.network.domain.router_errors import RouterExternalGatewayInUseByFloatingIp
from services.network.store.stores import Stores
from services.network.usecases import access, connections, ports
from services.network.usecases.access import PolicyNotAuthorized
from services.network.usecases.ports import Surroundings

EVERYTHING = View(project_id="", everything=True)  # what the service itself does
WISHES = ("enable_snat", "external_fixed_ips")  # administrators' alone


async def changed(
    stores: Stores,
    around: Surroundings,
    view: View,
    router: Router,
    wish: Mapping[str, Any] | None,
    rule: str,
) -> Router:
    """Return the router with the gateway that is asked for; None or nothing: without one.

    A port that is needed no more stays until ``drop_old``, after the router is written.

    Raises:
        NetworkNotFound, BadRequest: its network is not there, or not external.
        PolicyNotAuthorized: only administrators choose addresses and SNAT.
        RouterExternalGatewayInUseByFloatingIp: floating IPs need the old one.
    """
    network_id = (wish or {}).get("network_id")
    if network_id != router.gateway_network_id:
        await _check_unused(stores, router)
    if wish is None or network_id is None:
        if wish:
            raise BadRequest("Bad router request: Must provide network_id.")
        return replace(
            router, gateway_network_id=None, gateway_port_id=None, gateway_ips=(), enable_snat=True
        )
    _check_rights(view, wish, rule)
    network = await external_network(stores, view, network_id, "router")
    router = replace(router, enable_snat=wish.get("enable_snat", True))
    fixed = wish.get("external_fixed_ips")
    if network_id == router.gateway_network_id and (not fixed or _has(router, fixed)):
        return router
    if network_id == router.gateway_network_id:
        return await _readdressed(stores, around, network, router, fixed or ())
    return await _plugged(stores, around, network, router, fixed)


async def external_network(stores: Stores, view: View, network_id: UUID, what: str) -> Network:
    """Return an external network the caller may see.

    Raises:
        NetworkNotFound: absent, or hidden from the caller.
        BadRequest: it is not external.
    """
    network = await access.visible_network(stores, view, network_id)
    if not (network.external or network.external_to):
        reason = "an external network" if what == "router" else "a valid external network"
        raise BadRequest(f"Bad {what} request: Network {network_id} is not {reason}.")
    return network


def _check_rights(view: View, wish: Mapping[str, Any], rule: str) -> None:
    for key in WISHES:
        if key in wish and not view.everything:
            raise PolicyNotAuthorized(f"{rule}:external_gateway_info:{key}")


async def _check_unused(stores: Stores, router: Router) -> None:
    if router.gateway_network_id is not None and await stores.floating_ips.through(router.id):
        raise RouterExternalGatewayInUseByFloatingIp(router.id, router.gateway_network_id)


def _has(router: Router, wishes: Any) -> bool:
    have = {each.ip_address: each.subnet_id for each in router.gateway_ips}
    return all(
        wish.get("ip_address", next(iter(have))) in have
        and wish.get("subnet_id") in {None, *have.values()}
        for wish in wishes
    )


async def _plugged(
    stores: Stores, around: Surroundings, network: Network, router: Router, wishes: Any
) -> Router:
    await connections.check_overlap(stores, router, await stores.subnets.of(network.id))
    draft = {
        "project_id": "",
        "network_id": network.id,
        "device_id": str(router.id),
        "device_owner": GATEWAY,
        "port_security_enabled": False,
        "status": around.router_port_status,
    } | ({"fixed_ips": wishes} if wishes else {})
    port = await ports.plug(stores, around, EVERYTHING, draft)
    if not port.fixed_ips:
        raise BadRequest(f"Bad router request: No IPs available for external network {network.id}.")
    return _through(router, port)


async def _readdressed(
    stores: Stores, around: Surroundings, network: Network, router: Router, wishes: Any
) -> Router:
    if router.gateway_port_id is None:
        raise InvalidInput("the router has no gateway")
    port = await stores.ports.get(router.gateway_port_id, lock=True)
    saved = await ports.readdress(stores, around, network, port, wishes)
    return _through(router, saved)


def _through(router: Router, port: Port) -> Router:
    return replace(
        router,
        gateway_network_id=port.network_id,
        gateway_port_id=port.id,
        gateway_ips=port.fixed_ips,
    )


async def drop_old(stores: Stores, before: Router, now: Router | None) -> None:
    """Remove the port of a gateway that the router, as it is written, does not have any more."""
    old = before.gateway_port_id
    if old is None or (now is not None and now.gateway_port_id == old):
        return
    await ports.remove(stores, await stores.ports.get(old, lock=True))
