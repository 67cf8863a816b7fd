"""Floating addresses that servers carry themselves (Synnefo's direct mode).

The network service says which server has a floating address, and which NIC carries it there. The
address is shown at once; a saga of the floating IP moves the NIC. What a saga still had to take
away is left to the one that supersedes it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.devices import DeviceState, Floating
from services.compute.domain.lifecycle import Action
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.contracts.resources import FloatingIpChanged

CARRY: Final = "compute.carry_floating_ip"
Nics = list[list[str]]  # [server, port] of each


async def record(transaction: Transaction, facts: Sequence[FloatingIpChanged]) -> None:
    """Take in news of floating IPs; what is older than what is known changes nothing."""
    newest: dict[str, FloatingIpChanged] = {}
    for fact in facts:
        if fact.id not in newest or fact.version > newest[fact.id].version:
            newest[fact.id] = fact
    async with transaction() as stores:
        news = await stores.projections.record_resources(list(newest.values()))
        for _, ident in sorted(news):
            await _tell(stores, newest[ident])


async def _tell(stores: Stores, fact: FloatingIpChanged) -> None:
    wanted = None if fact.gone else _uuid(fact.server_id)
    takes: Nics = []
    gives: dict[str, Any] | None = None
    for server in await stores.servers.with_floating(fact.id, wanted):
        has = next((each for each in server.floating if each.id == fact.id), None)
        entry = _wished(fact, has) if server.id == wanted else None
        if has is not None and has.port_id is not None and _moves(has, entry):
            takes.append([str(server.id), has.port_id])
        if entry is not None and fact.nic is not None and entry.state is DeviceState.ATTACHING:
            gives = {"server": str(server.id), "nic": fact.nic.model_dump(mode="json")}
        await _write(stores, server, fact.id, has, entry)
    if takes or gives:
        left = await stores.sagas.supersede(UUID(fact.id)) or {}
        earlier = [each for each in left.get("takes", []) if each not in takes]
        notes = {"floating": fact.id, "takes": [*earlier, *takes], "gives": gives}
        await stores.sagas.start(CARRY, UUID(fact.id), notes)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _moves(has: Floating, entry: Floating | None) -> bool:
    """Whether the NIC that may be there has to go, were it only to come again."""
    return entry is None or entry.port_id is None or entry.state is DeviceState.ATTACHING


def _wished(fact: FloatingIpChanged, has: Floating | None) -> Floating:
    """Return the address as its server is to have it."""
    details: dict[str, Any] = fact.document.get("port_details") or {}
    port_id = None if fact.nic is None else fact.nic.port_id
    there = has is not None and has.port_id == port_id and has.state is DeviceState.ATTACHED
    return Floating(
        id=fact.id,
        address=str(fact.document.get("floating_ip_address") or ""),
        network_id=str(details.get("network_id") or ""),
        mac=str(details.get("mac_address") or ""),
        port_id=port_id,
        state=DeviceState.ATTACHED if there else DeviceState.ATTACHING,
    )


async def _write(
    stores: Stores, server: Server, ident: str, has: Floating | None, entry: Floating | None
) -> None:
    if has == entry:
        return
    others = tuple(each for each in server.floating if each.id != ident)
    floating = others if entry is None else (*others, entry)
    await save(stores, replace(server, floating=floating, updated_at=utcnow()))


async def carrier(transaction: Transaction, server_id: UUID) -> Server | None:
    """Return a server whose NICs may be changed; None when it is gone, or on its way."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
    if server is None or server.deleted_at is not None or server.action is Action.DELETE:
        return None
    return server


async def carries(transaction: Transaction, server_id: UUID, floating_id: str) -> None:
    """Say that a NIC of the server carries the address."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None:
            return
        floating = tuple(
            replace(each, state=DeviceState.ATTACHED) if each.id == floating_id else each
            for each in server.floating
        )
        if floating != server.floating:
            await save(stores, replace(server, floating=floating, updated_at=utcnow()))
