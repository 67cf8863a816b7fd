"""What the service does with port forwardings. Each public verb is one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.network.domain.errors import PortNotFound
from services.network.domain.floating_ip import FloatingIp
from services.network.domain.port import Port
from services.network.domain.port_forwarding import (
    BadPortForwarding,
    PortForwarding,
    PortForwardingNotFound,
    PortHasBindingFloatingIP,
)
from services.network.domain.resource import View
from services.network.domain.router_errors import FloatingIPPortAlreadyAssociated
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access
from services.network.usecases.news import again, tell
from shared.contracts.resources import UPDATED
from shared.ids import new_uuid

MOST: Final = 200  # of one floating IP


async def create(
    transaction: Transaction, view: View, floating_id: UUID, draft: Mapping[str, Any]
) -> PortForwarding:
    """Have a port of a floating IP lead to a port of a server.

    Raises:
        FloatingIPNotFound, PortNotFound: absent, or another project's.
        FloatingIPPortAlreadyAssociated: the floating IP leads somewhere as a whole.
        PortHasBindingFloatingIP: the address has a floating IP of its own.
        BadPortForwarding: it cannot be meant, or is there already.
    """

    async def work() -> PortForwarding:
        async with transaction() as stores:
            floating = await access.own_floating_ip(stores, view, floating_id)
            if floating.port_id is not None:
                raise FloatingIPPortAlreadyAssociated(
                    floating.address, floating.id, draft["internal_port_id"], "any"
                )
            return await _lead(stores, view, floating, {"id": new_uuid(), **draft})

    return await again(work)


async def update(
    transaction: Transaction,
    view: View,
    floating_id: UUID,
    forwarding_id: UUID,
    changes: Mapping[str, Any],
) -> PortForwarding:
    """Have a port of a floating IP lead elsewhere, or be another one.

    Raises:
        FloatingIPNotFound, PortForwardingNotFound, PortNotFound: absent, or another project's.
        PortHasBindingFloatingIP: the address has a floating IP of its own.
        BadPortForwarding: it cannot be meant, or is there already.
    """

    async def work() -> PortForwarding:
        async with transaction() as stores:
            floating = await access.own_floating_ip(stores, view, floating_id)
            before = _one(floating, forwarding_id)
            given = {**before.as_json(), "id": before.id, **changes}
            if "internal_port_id" in changes and "internal_ip_address" not in changes:
                del given["internal_ip_address"]
            given["internal_port_id"] = UUID(str(given["internal_port_id"]))
            return await _lead(stores, view, floating, given)

    return await again(work)


async def delete(
    transaction: Transaction, view: View, floating_id: UUID, forwarding_id: UUID
) -> None:
    """Have a port of a floating IP lead nowhere.

    Raises:
        FloatingIPNotFound, PortForwardingNotFound: absent, or another project's.
    """

    async def work() -> None:
        async with transaction() as stores:
            floating = await access.own_floating_ip(stores, view, floating_id)
            gone = _one(floating, forwarding_id)
            await _write(stores, floating, [each for each in _all(floating) if each != gone])

    await again(work)


async def let_go(stores: Stores, port: Port, addresses: Iterable[str] = ()) -> None:
    """Have nothing forwarded to addresses that a port has no more.

    Args:
        stores: of the transaction.
        port: whose row it has locked.
        addresses: those it keeps.
    """
    kept = frozenset(addresses)
    for floating in await stores.floating_ips.forwarding_to(port.id):
        left = [
            each
            for each in _all(floating)
            if each.internal_port_id != port.id or each.internal_ip_address in kept
        ]
        if len(left) < len(floating.port_forwardings):
            await _write(stores, floating, left)


def _all(floating: FloatingIp) -> list[PortForwarding]:
    return [PortForwarding.read(each) for each in floating.port_forwardings]


def _one(floating: FloatingIp, forwarding_id: UUID) -> PortForwarding:
    for each in _all(floating):
        if each.id == forwarding_id:
            return each
    raise PortForwardingNotFound(forwarding_id)


async def _lead(
    stores: Stores, view: View, floating: FloatingIp, given: Mapping[str, Any]
) -> PortForwarding:
    """Write a forwarding, new or changed, with the router that leads there."""
    port = await stores.ports.get(given["internal_port_id"], lock=True)  # it stays
    if not access.owns(view, port):
        raise PortNotFound(port.id)
    forwarding = PortForwarding(**{**given, "internal_ip_address": _address(port, given)})
    fixed = forwarding.internal_ip_address
    subnet = next(each.subnet_id for each in port.fixed_ips if each.ip_address == fixed)
    router = await stores.routers.towards(floating.network_id, subnet)
    if router is None or floating.router_id not in (None, router):
        raise BadPortForwarding(
            f"no router leads from port {port.id} to floating IP {floating.id}, or another one "
            "than its other forwardings'"
        )
    if any(each.fixed_ip_address == fixed for each in await stores.floating_ips.at(port.id)):
        raise PortHasBindingFloatingIP(floating.address, floating.id, port.id, fixed)
    others = [each for each in _all(floating) if each.id != forwarding.id]
    for each in others:
        forwarding.require_other(each)
    if len(others) >= MOST:
        raise BadPortForwarding(f"a floating IP has at most {MOST} forwardings")
    await _write(stores, floating, [*others, forwarding], router)
    return forwarding


def _address(port: Port, given: Mapping[str, Any]) -> str:
    four = [each.ip_address for each in port.fixed_ips if ":" not in each.ip_address]
    wanted = given.get("internal_ip_address")
    if wanted is not None and wanted not in four:
        raise BadPortForwarding(f"Port {port.id} does not have fixed ip {wanted}")
    if not four:
        raise BadPortForwarding(f"Port {port.id} has no fixed IPv4 address")
    return str(wanted or four[0])


async def _write(
    stores: Stores,
    floating: FloatingIp,
    forwardings: list[PortForwarding],
    router: UUID | None = None,
) -> None:
    kept = tuple(each.as_json() for each in sorted(forwardings, key=lambda one: str(one.id)))
    through = (router or floating.router_id) if kept else None
    now = replace(floating, port_forwardings=kept, router_id=through)
    await tell(stores, UPDATED, [await stores.floating_ips.save(now)])
