"""A router's interfaces: its ports on networks of the cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.network.domain.errors import BadRequest, PortNotFound, SubnetNotFound
from services.network.domain.port import FixedIp, Port
from services.network.domain.resource import Json, View
from services.network.domain.router import INTERFACE, Router
from services.network.domain.router_errors import (
    PortInUse,
    RouterInterfaceInUseByFloatingIP,
    RouterInterfaceInUseByRoute,
    RouterInterfaceNotFound,
    RouterInterfaceNotFoundForSubnet,
    SubnetMismatchForPort,
)
from services.network.domain.subnet import Subnet
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, connections, ports
from services.network.usecases.access import PolicyNotAuthorized
from services.network.usecases.gateways import EVERYTHING
from services.network.usecases.news import again, tell
from services.network.usecases.ports import Surroundings
from services.network.usecases.routers import check_reach
from shared.contracts.resources import UPDATED
from shared.errors import CloudError


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What came of connecting or disconnecting a router."""

    router: Router
    port: Port
    subnet_ids: tuple[UUID, ...]

    def document(self) -> Json:
        """Return it as the API answers it."""
        return {
            "id": str(self.router.id),
            "tenant_id": self.router.project_id,
            "project_id": self.router.project_id,
            "port_id": str(self.port.id),
            "network_id": str(self.port.network_id),
            "subnet_id": str(self.subnet_ids[0]),
            "subnet_ids": [str(each) for each in self.subnet_ids],
            "tags": list(self.router.tags),
        }


async def add(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    router_id: UUID,
    wish: Mapping[str, UUID],
) -> Connection:
    """Connect a router with a subnet (as its gateway), or through a port that is there.

    Args:
        transaction: of the service.
        around: the cloud.
        view: who asks.
        router_id: which router.
        wish: ``subnet_id`` or ``port_id``.

    Raises:
        RouterNotFound, SubnetNotFound, PortNotFound: absent, or another project's.
        BadRequest: it is connected with these addresses, or the subnet has no gateway.
        PortInUse, IpAddressInUse: somebody else is there.
    """
    if len(wish) != 1:
        raise BadRequest(
            "Bad router request: "
            + (
                "Cannot specify both subnet-id and port-id."
                if wish
                else "Either subnet_id or port_id must be specified."
            )
        )

    async def work() -> Connection:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            if "port_id" in wish:
                port = await _by_port(stores, around, view, router, wish["port_id"])
                subnet_ids = tuple(each.subnet_id for each in port.fixed_ips)
            else:
                port = await join(stores, around, view, router, wish["subnet_id"])
                subnet_ids = (wish["subnet_id"],)
            saved = await stores.routers.save(router)
            return Connection(router=saved, port=port, subnet_ids=subnet_ids)

    return await again(work)


async def join(
    stores: Stores, around: Surroundings, view: View, router: Router, subnet_id: UUID
) -> Port:
    """Make a router a subnet's gateway, inside a transaction."""
    subnet = await _subnet_to_join(stores, view, subnet_id)
    if subnet.gateway_ip is None:
        raise BadRequest("Bad router request: Subnet for router interface must have a gateway IP.")
    await connections.check_overlap(stores, router, [subnet])
    wish = {"subnet_id": subnet.id, "ip_address": subnet.gateway_ip}
    if subnet.ip_version == 6 and (have := await _port_for_more(stores, router, subnet)):
        network = await stores.networks.hold(subnet.network_id)
        wishes = [*map(_as_wish, have.fixed_ips), wish]
        return await ports.readdress(stores, around, network, have, wishes)
    draft = {
        "project_id": router.project_id,
        "network_id": subnet.network_id,
        "device_id": str(router.id),
        "device_owner": INTERFACE,
        "port_security_enabled": False,
        "status": around.router_port_status,
        "fixed_ips": [wish],
    }
    return await ports.plug(stores, around, EVERYTHING, draft)


def _as_wish(address: FixedIp) -> Mapping[str, Any]:
    return {"subnet_id": address.subnet_id, "ip_address": address.ip_address}


async def _port_for_more(stores: Stores, router: Router, subnet: Subnet) -> Port | None:
    """Return the interface on the same network that has only IPv6: it takes one more."""
    for port in await stores.ports.interfaces_of(router.id):
        same = port.network_id == subnet.network_id
        if same and all(":" in each.ip_address for each in port.fixed_ips):
            return port
    return None


async def _subnet_to_join(stores: Stores, view: View, subnet_id: UUID) -> Subnet:
    """Return a subnet whose gateway the caller's router may be: only on a network of its own.

    Raises:
        SubnetNotFound: absent, or another project's.
        PolicyNotAuthorized: it is shared with the caller, no more.
    """
    subnet = await stores.subnets.get(subnet_id)
    network = await stores.networks.hold(subnet.network_id)
    if access.owns(view, network) or access.owns(view, subnet):
        return subnet
    if access.sees_network(view, network):
        raise PolicyNotAuthorized("add_router_interface")
    raise SubnetNotFound(subnet_id)


async def _by_port(
    stores: Stores, around: Surroundings, view: View, router: Router, port_id: UUID
) -> Port:
    port = await stores.ports.get(port_id, lock=True)
    if not access.owns(view, port):
        raise PortNotFound(port_id)
    if port.device_id:
        raise PortInUse(port.id, port.network_id, port.device_id)
    if not port.fixed_ips:
        raise BadRequest("Bad router request: Router port must have at least one fixed IP.")
    if sum(":" not in each.ip_address for each in port.fixed_ips) > 1:
        raise BadRequest("Bad router request: Cannot have multiple IPv4 subnets on router port.")
    subnets = [await stores.subnets.get(each.subnet_id) for each in port.fixed_ips]
    await connections.check_overlap(stores, router, subnets)
    taken = replace(
        port,
        device_id=str(router.id),
        device_owner=INTERFACE,
        status=around.router_port_status,
    )
    saved = await stores.ports.save(taken)
    await tell(stores, UPDATED, [saved])
    return saved


async def remove(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    router_id: UUID,
    wish: Mapping[str, UUID],
) -> Connection:
    """Disconnect a router.

    Args:
        transaction: of the service.
        around: the cloud.
        view: who asks.
        router_id: which router.
        wish: ``subnet_id``, ``port_id``, or both.

    Raises:
        RouterInterfaceNotFound, RouterInterfaceNotFoundForSubnet: it is not connected so.
        RouterInterfaceInUseByFloatingIP, RouterInterfaceInUseByRoute: it must stay.
    """
    if not wish:
        raise BadRequest("Bad router request: Either subnet_id or port_id must be specified.")

    async def work() -> Connection:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            port, gone = await _meant(stores, router, wish)
            for address in gone:
                if await stores.floating_ips.through(router.id, address.subnet_id):
                    raise RouterInterfaceInUseByFloatingIP(router.id, address.subnet_id)
            await _take_away(stores, around, port, gone)
            await _check_routes(stores, router, gone)
            saved = await stores.routers.save(router)
            ids = tuple(each.subnet_id for each in gone)
            return Connection(router=saved, port=port, subnet_ids=ids)

    return await again(work)


async def _meant(
    stores: Stores, router: Router, wish: Mapping[str, UUID]
) -> tuple[Port, Sequence[FixedIp]]:
    """Return the interface that is meant, and which of its addresses go."""
    subnet_id = wish.get("subnet_id")
    for port in await stores.ports.interfaces_of(router.id):
        on_subnet = [each for each in port.fixed_ips if each.subnet_id == subnet_id]
        if "port_id" not in wish and on_subnet:
            return port, on_subnet
        if port.id == wish.get("port_id"):
            if subnet_id is not None and not on_subnet:
                raise SubnetMismatchForPort(port.id, subnet_id)
            return port, port.fixed_ips
    if "port_id" in wish:
        raise RouterInterfaceNotFound(router.id, wish["port_id"])
    raise RouterInterfaceNotFoundForSubnet(router.id, subnet_id)


async def _take_away(
    stores: Stores, around: Surroundings, port: Port, gone: Sequence[FixedIp]
) -> None:
    left = [each for each in port.fixed_ips if each not in gone]
    if not left:
        await ports.remove(stores, port)
        return
    network = await stores.networks.hold(port.network_id)
    await ports.readdress(stores, around, network, port, [_as_wish(each) for each in left])


async def _check_routes(stores: Stores, router: Router, gone: Sequence[FixedIp]) -> None:
    """Refuse to leave routes without a way.

    Raises:
        RouterInterfaceInUseByRoute: a route needs what was taken away.
    """
    try:
        await check_reach(stores, router)
    except CloudError as unreachable:
        raise RouterInterfaceInUseByRoute(router.id, gone[0].subnet_id) from unreachable
