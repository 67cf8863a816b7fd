"""What sagas write about a server's volumes as they go.

A server that is being deleted belongs to its delete: then these change nothing, and say so.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.compute.domain.devices import BlockDevice, DeviceState, replaced, without
from services.compute.domain.lifecycle import Action
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.ids import derived
from shared.saga.definition import TakenOver


def reservation_key(device: BlockDevice) -> UUID:
    """Return the key under which the volume service is asked to promise the volume."""
    return derived(UUID(device.id), "reserve")


async def read(
    transaction: Transaction, server_id: UUID, device_id: str
) -> tuple[Server, BlockDevice]:
    """Return a server and one of its devices.

    Raises:
        TakenOver: the server, or the device, is no longer ours to work on.
    """
    async with transaction() as stores:
        return await _those(stores, server_id, device_id)


async def any_held(transaction: Transaction, devices: Collection[UUID]) -> bool:
    """Whether a step still runs for one of these devices."""
    async with transaction() as stores:
        return await stores.sagas.any_held(devices)


async def _those(stores: Stores, server_id: UUID, device_id: str) -> tuple[Server, BlockDevice]:
    server = await stores.servers.find(server_id)
    if server is None or server.action is Action.DELETE or server.deleted_at is not None:
        raise TakenOver
    for device in server.volumes:
        if device.id == device_id:
            return server, device
    raise TakenOver


async def _change(
    transaction: Transaction,
    server_id: UUID,
    device_id: str,
    *,
    wakes: bool = False,
    **fields: Any,
) -> bool:
    """Change a device; False when it is no longer ours."""
    async with transaction() as stores:
        try:
            server, device = await _those(stores, server_id, device_id)
        except TakenOver:
            return False
        changed = replace(device, **fields)
        if changed != device:
            volumes = replaced(server.volumes, changed)
            await save(stores, replace(server, volumes=volumes, updated_at=utcnow()))
        if wakes:
            await stores.sagas.wake(UUID(device_id))
        return True


async def reserved(
    transaction: Transaction, server_id: UUID, device_id: str, attachment_id: str
) -> bool:
    """Keep the volume service's promise and let the saga go on; False when nobody wants it."""
    return await _change(transaction, server_id, device_id, attachment_id=attachment_id, wakes=True)


async def connected(transaction: Transaction, server_id: UUID, device_id: str, driver: str) -> None:
    """Keep how the volume becomes a disk; from now on the instance may have it."""
    await _change(transaction, server_id, device_id, driver=driver)


async def attached(transaction: Transaction, server_id: UUID, device_id: str) -> None:
    """Say that the server has the volume."""
    await _change(transaction, server_id, device_id, state=DeviceState.ATTACHED)


async def still_attached(
    transaction: Transaction, server_id: UUID, device_id: str, request_id: str | None
) -> None:
    """Say that a volume could not be detached."""
    await _change(transaction, server_id, device_id, state=DeviceState.ATTACHED)
    await _say_failed(transaction, server_id, request_id)


async def drop(transaction: Transaction, server_id: UUID, device_id: str) -> None:
    """Have no such device on the server."""
    async with transaction() as stores:
        await _drop(stores, server_id, device_id)


async def not_attached(
    transaction: Transaction, server_id: UUID, device_id: str, request_id: str | None
) -> None:
    """Say that a volume could not be attached."""
    await drop(transaction, server_id, device_id)
    await _say_failed(transaction, server_id, request_id)


async def refused(
    transaction: Transaction, server_id: UUID, device_id: str, request_id: str
) -> None:
    """Forget a device whose volume nobody promised, and the saga that would have attached it."""
    async with transaction() as stores:
        await _drop(stores, server_id, device_id)
        await stores.sagas.supersede(UUID(device_id))
        await stores.actions.fail(server_id, request_id, utcnow())


async def _drop(stores: Stores, server_id: UUID, device_id: str) -> None:
    try:
        server, _ = await _those(stores, server_id, device_id)
    except TakenOver:
        return
    volumes = without(server.volumes, device_id)
    await save(stores, replace(server, volumes=volumes, updated_at=utcnow()))


async def begin(
    transaction: Transaction, server_id: UUID, device_id: str, request_id: str | None, saga: str
) -> None:
    """Have a saga attach a volume that came with a server; nothing when it was begun before."""
    async with transaction() as stores:
        try:
            server, device = await _those(stores, server_id, device_id)
        except TakenOver:
            return
        if device.state is not DeviceState.WANTED:
            return
        volumes = replaced(server.volumes, replace(device, state=DeviceState.ATTACHING))
        await save(stores, replace(server, volumes=volumes, updated_at=utcnow()))
        notes = {"server": str(server_id), "device": device_id}
        await stores.sagas.start(saga, UUID(device_id), notes, request_id)


async def take_back(
    transaction: Transaction, server_id: UUID, device_id: str, request_id: str | None, saga: str
) -> None:
    """Have a saga find out whether the volume was promised, and give it back."""
    async with transaction() as stores:
        await stores.sagas.supersede(UUID(device_id))
        notes = {"server": str(server_id), "device": device_id, "unwanted": True}
        await stores.sagas.start(saga, UUID(device_id), notes, request_id)


async def _say_failed(transaction: Transaction, server_id: UUID, request_id: str | None) -> None:
    if request_id is None:
        return
    async with transaction() as stores:
        await stores.actions.fail(server_id, request_id, utcnow())
