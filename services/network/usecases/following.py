"""How floating IPs follow the ports they are reached at, and the ports that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.network.domain.floating_ip import (
    FloatingIp,
    details_of,
    nic_of,
    server_of,
    status_of,
)
from services.network.domain.port import DOWN, Port
from services.network.store.stores import Stores
from services.network.usecases import bindings, port_forwardings
from services.network.usecases.bindings import Ganeti
from services.network.usecases.news import tell
from shared.contracts.resources import UPDATED

Known = Mapping[UUID, Port]


async def follow(stores: Stores, ganeti: Ganeti, changed: Sequence[Port]) -> None:
    """Have floating IPs say what is now so of ports that were written just now."""
    if not changed:
        return
    ports = {port.id: port for port in changed}
    for each in await stores.floating_ips.about(list(ports)):
        known = await _with_others(stores, each, ports)
        await settle(stores, ganeti, _detached_if_lost(each, known), known, before=each)


async def let_go(stores: Stores, ganeti: Ganeti, port: Port) -> None:
    """Have no floating IP reached at a port that is about to be removed, nor forward to it."""
    await port_forwardings.let_go(stores, port)
    for each in await stores.floating_ips.about([port.id]):
        if each.port_id == port.id:
            known = await _with_others(stores, each, {port.id: port})
            await settle(stores, ganeti, detached(each), known, before=each)


def detached(floating: FloatingIp) -> FloatingIp:
    """Return the floating IP as it is when it leads nowhere."""
    through = floating.router_id if floating.port_forwardings else None
    return replace(floating, port_id=None, fixed_ip_address=None, router_id=through)


def _detached_if_lost(floating: FloatingIp, known: Known) -> FloatingIp:
    """Return the floating IP; detached, if its port has the fixed address no more."""
    if floating.port_id is None:
        return floating
    fixed = [each.ip_address for each in known[floating.port_id].fixed_ips]
    return floating if floating.fixed_ip_address in fixed else detached(floating)


async def _with_others(stores: Stores, floating: FloatingIp, ports: Known) -> Known:
    wanted = {floating.internal_port_id, floating.port_id} - {None, *ports}
    found = {each: await stores.ports.get(each) for each in wanted if each is not None}
    return {**ports, **found}


async def settle(
    stores: Stores,
    ganeti: Ganeti,
    floating: FloatingIp,
    known: Known,
    *,
    before: FloatingIp | None = None,
) -> FloatingIp:
    """Write who carries a floating IP, and tell it where that changed.

    Args:
        stores: of the transaction.
        ganeti: how our things are called there.
        floating: as it shall be.
        known: its fixed and its internal port.
        before: as it was; None for a new one.
    """
    fixed = None if floating.port_id is None else known[floating.port_id]
    server = server_of(fixed)
    host = fixed.host_id if fixed is not None and server is not None else ""
    internal = await _at(stores, ganeti, known[floating.internal_port_id], host)
    now = replace(
        floating,
        server_id=server,
        port_details=details_of(fixed),
        nic=nic_of(internal, floating.address) if server else None,
        status=status_of(server, internal),
    )
    if now == before or before is None:
        return now
    saved = await stores.floating_ips.save(now)
    await tell(stores, UPDATED, [saved])
    return saved


async def _at(stores: Stores, ganeti: Ganeti, internal: Port, host: str) -> Port:
    """Return the port that holds the address, bound to the server's cluster."""
    if internal.host_id == host:
        return internal
    moved = replace(internal, host_id=host, status=internal.status if host else DOWN)
    network = await stores.networks.get(internal.network_id)
    moved = await bindings.bound(stores, ganeti, moved, network)
    saved = await stores.ports.save_all([moved])
    await tell(stores, UPDATED, saved)
    return saved[0]
