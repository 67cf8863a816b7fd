"""What sagas write about a server's NICs as they go.

A server that is being deleted belongs to its delete: then these change nothing, and say so.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.compute.domain.devices import DeviceState
from services.compute.domain.lifecycle import Action
from services.compute.domain.server import Nic, Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.saga.definition import TakenOver


async def read(transaction: Transaction, server_id: UUID) -> Server:
    """Return the server.

    Raises:
        TakenOver: it is gone, or on its way.
    """
    async with transaction() as stores:
        return await _that(stores, server_id)


async def _that(stores: Stores, server_id: UUID) -> Server:
    server = await stores.servers.find(server_id)
    if server is None or server.action is Action.DELETE or server.deleted_at is not None:
        raise TakenOver
    return server


def nic_in(server: Server, port_id: str) -> Nic:
    """Return the NIC of a port.

    Raises:
        TakenOver: the server does not have it any more.
    """
    for nic in server.nics:
        if nic.port_id == port_id:
            return nic
    raise TakenOver


async def settle(
    transaction: Transaction,
    server_id: UUID,
    port_id: str,
    state: DeviceState,
    failed: str | None = None,
) -> None:
    """Say how far a NIC is; nothing when the server does not have it any more.

    Args:
        transaction: of the service.
        server_id: whose NIC.
        port_id: which.
        state: how far.
        failed: the request whose action failed, if one did.
    """
    async with transaction() as stores:
        await _change(stores, server_id, port_id, state=state)
        if failed is not None:
            await stores.actions.fail(server_id, failed, utcnow())


async def _change(stores: Stores, server_id: UUID, port_id: str, **fields: Any) -> None:
    try:
        server = await _that(stores, server_id)
        nic = nic_in(server, port_id)
    except TakenOver:
        return
    changed = replace(nic, **fields)
    if changed != nic:
        nics = tuple(changed if each is nic else each for each in server.nics)
        await save(stores, replace(server, nics=nics, updated_at=utcnow()))


async def drop(
    transaction: Transaction, server_id: UUID, port_id: str, failed: str | None = None
) -> None:
    """Have no such NIC on the server.

    Args:
        transaction: of the service.
        server_id: whose NIC.
        port_id: which.
        failed: the request whose action failed, if one did.
    """
    async with transaction() as stores:
        try:
            server = await _that(stores, server_id)
        except TakenOver:
            return
        nics = tuple(each for each in server.nics if each.port_id != port_id)
        if nics != server.nics:
            await save(stores, replace(server, nics=nics, updated_at=utcnow()))
        if failed is not None:
            await stores.actions.fail(server_id, failed, utcnow())
