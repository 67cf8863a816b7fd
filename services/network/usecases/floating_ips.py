"""What the service does with floating IPs. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.errors import BadRequest, IpAddressGenerationFailure, PortNotFound
from services.network.domain.floating_ip import FloatingIp
from services.network.domain.network import Network
from services.network.domain.port import FixedIp, Port
from services.network.domain.port_forwarding import FipInUseByPortForwarding
from services.network.domain.resource import View
from services.network.domain.router import FLOATING
from services.network.domain.router_errors import (
    ExternalGatewayForFloatingIPNotFound,
    ExternalIpAddressExhausted,
)
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, following, ports
from services.network.usecases.access import PolicyNotAuthorized
from services.network.usecases.gateways import EVERYTHING, external_network
from services.network.usecases.news import again, check_revision, tell
from services.network.usecases.ports import Surroundings
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED
from shared.ids import new_uuid

ASSOCIATION = ("port_id", "fixed_ip_address")
PLACE = ("network_id", "subnet_id", "address")


async def create(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    drafts: Sequence[Mapping[str, Any]],
) -> list[FloatingIp]:
    """Create floating IPs, all or none.

    Args:
        transaction: of the service.
        around: the cloud.
        view: who asks.
        drafts: fields of ``FloatingIp``, and ``subnet_id`` to take the address from.

    Raises:
        NetworkNotFound, BadRequest: its network is not there, or not external.
        ExternalIpAddressExhausted: no address is left.
        ExternalGatewayForFloatingIPNotFound: no router leads there from the port.
        OverQuota: the project may not have so many.
    """

    async def work() -> list[FloatingIp]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "floatingip", more)
            made = [await _create(stores, around, view, draft) for draft in drafts]
            await tell(stores, CREATED, made)
            return made

    return await again(work)


async def _create(
    stores: Stores, around: Surroundings, view: View, draft: Mapping[str, Any]
) -> FloatingIp:
    network = await external_network(stores, view, draft["network_id"], "floatingip")
    if draft.get("address") is not None and not view.everything:
        raise PolicyNotAuthorized("create_floatingip:floating_ip_address")
    floating_id, now = new_uuid(), utcnow()
    internal = await _internal_port(stores, around, network, floating_id, draft)
    plain = {name: draft[name] for name in draft if name not in {*ASSOCIATION, *PLACE}}
    floating = FloatingIp(
        id=floating_id,
        created_at=now,
        updated_at=now,
        network_id=network.id,
        address=internal.fixed_ips[0].ip_address,
        internal_port_id=internal.id,
        **plain,
    )
    floating, fixed = await _associated(stores, around, view, floating, draft)
    known = {internal.id: internal} | ({} if fixed is None else {fixed.id: fixed})
    floating = await following.settle(stores, around.ganeti, floating, known)
    await stores.floating_ips.add(floating)
    return floating


async def _internal_port(
    stores: Stores,
    around: Surroundings,
    network: Network,
    floating_id: UUID,
    draft: Mapping[str, Any],
) -> Port:
    """Return the port that holds the address: the network's own, hidden from the project."""
    wish = await _address_wish(stores, network, draft)
    try:
        port = await ports.plug(
            stores,
            around,
            EVERYTHING,
            {
                "project_id": "",
                "network_id": network.id,
                "device_id": str(floating_id),
                "device_owner": FLOATING,
                "port_security_enabled": False,
                "fixed_ips": [wish],
            },
        )
    except IpAddressGenerationFailure as full:
        raise ExternalIpAddressExhausted(network.id) from full
    return port


async def _address_wish(
    stores: Stores, network: Network, draft: Mapping[str, Any]
) -> Mapping[str, Any]:
    wanted, address = draft.get("subnet_id"), draft.get("address")
    four = [each for each in await stores.subnets.of(network.id) if each.ip_version == 4]
    if not four:
        raise BadRequest(
            f"Bad floatingip request: Network {network.id} does not contain any IPv4 subnet."
        )
    if wanted is None and address is not None:
        return {"ip_address": address}
    if wanted is None:
        free = [each for each in four if await stores.addresses.any_free(each.id)]
        return {"subnet_id": (free or four)[0].id}
    if wanted not in {each.id for each in four}:
        raise BadRequest(
            f"Bad floatingip request: Subnet {wanted} is no IPv4 subnet of network {network.id}."
        )
    return {"subnet_id": wanted} | ({} if address is None else {"ip_address": address})


async def _associated(
    stores: Stores,
    around: Surroundings,
    view: View,
    floating: FloatingIp,
    given: Mapping[str, Any],
) -> tuple[FloatingIp, Port | None]:
    """Return the floating IP as it leads to the port that was named, and the port."""
    port_id = given.get("port_id")
    if port_id is None:
        if given.get("fixed_ip_address") is not None:
            raise BadRequest(
                "Bad floatingip request: fixed_ip_address cannot be specified without a port_id."
            )
        return following.detached(floating), None
    if floating.port_forwardings:
        raise FipInUseByPortForwarding(floating.id)
    port = await stores.ports.get(port_id)
    if not access.owns(view, port):
        raise PortNotFound(port_id)
    fixed = _fixed_ip(port, given.get("fixed_ip_address"))
    router = await stores.routers.towards(floating.network_id, fixed.subnet_id)
    if router is None and around.floating_ips_need_router:
        raise ExternalGatewayForFloatingIPNotFound(floating.network_id, fixed.subnet_id, port.id)
    reached = replace(
        floating, port_id=port.id, fixed_ip_address=fixed.ip_address, router_id=router
    )
    return reached, port


def _fixed_ip(port: Port, address: str | None) -> FixedIp:
    four = [each for each in port.fixed_ips if ":" not in each.ip_address]
    if address is not None:
        for each in four:
            if each.ip_address == address:
                return each
        raise BadRequest(
            f"Bad floatingip request: Port {port.id} does not have fixed ip {address}."
        )
    if not four:
        raise BadRequest(
            f"Bad floatingip request: Cannot add floating IP to port {port.id} that has no fixed "
            "IPv4 addresses."
        )
    if len(four) > 1:
        raise BadRequest(
            f"Bad floatingip request: Port {port.id} has multiple fixed IPv4 addresses.  Must "
            "provide a specific IPv4 address when assigning a floating IP."
        )
    return four[0]


async def update(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    floating_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> FloatingIp:
    """Change a floating IP, or where it leads.

    Raises:
        FloatingIPNotFound, PortNotFound: absent, or another project's.
        ExternalGatewayForFloatingIPNotFound: no router leads there from the port.
        FloatingIPPortAlreadyAssociated: the fixed address has one already.
        FipInUseByPortForwarding: its ports lead somewhere one by one.
    """

    async def work() -> FloatingIp:
        async with transaction() as stores:
            before = await access.own_floating_ip(stores, view, floating_id)
            check_revision(before, revision)
            plain = {name: changes[name] for name in changes if name not in ASSOCIATION}
            now = replace(before, **plain)
            fixed = None
            if not changes.keys().isdisjoint(ASSOCIATION):
                now, fixed = await _associated(stores, around, view, now, changes)
            elif before.port_id is not None:
                fixed = await stores.ports.get(before.port_id)
            known = {} if fixed is None else {fixed.id: fixed}
            internal = await stores.ports.get(before.internal_port_id, lock=True)
            return await following.settle(
                stores, around.ganeti, now, {internal.id: internal, **known}, before=before
            )

    return await again(work)


async def delete(
    transaction: Transaction, view: View, floating_id: UUID, revision: int | None = None
) -> None:
    """Remove a floating IP; its address is free again.

    Raises:
        FloatingIPNotFound: absent, or another project's.
    """

    async def work() -> None:
        async with transaction() as stores:
            floating = await access.own_floating_ip(stores, view, floating_id)
            check_revision(floating, revision)
            await remove(stores, floating)

    await again(work)


async def remove(stores: Stores, floating: FloatingIp) -> None:
    """Remove a floating IP inside a transaction, with the port that holds its address."""
    await stores.floating_ips.delete(floating)
    await ports.remove(stores, await stores.ports.get(floating.internal_port_id, lock=True))
    gone = replace(following.detached(floating), server_id=None, nic=None)
    await tell(stores, DELETED, [gone])
