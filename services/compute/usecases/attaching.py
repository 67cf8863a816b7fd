"""Accepts volumes onto servers and off them.

The device is written into the server's row before the volume service is asked to promise the
volume, together with the saga that would take it all back: nothing is left behind by a process
that dies in between.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.compute.domain.device_rules import (
    AWAY,
    Change,
    require_changeable,
    require_hotplug,
)
from services.compute.domain.devices import (
    AlreadyAttached,
    BlockDevice,
    DeviceState,
    RootDevice,
    device_name,
    find_volume,
    local_names,
    replaced,
    require_room,
)
from services.compute.domain.lifecycle import ActionNotAllowed
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases import plugging
from services.compute.usecases.acting import Actor, record
from services.compute.usecases.neighbours import Volumes
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.errors import BadInput, CloudError, Conflict, NotAllowed, NotFound, Unavailable
from shared.ids import new_uuid

ATTACH: Final = "compute.attach_volume"
DETACH: Final = "compute.detach_volume"
RESERVING: Final = timedelta(seconds=45)  # longer than a request may wait for the volume service


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachWish:
    """A volume somebody wants on a server."""

    volume_id: str
    device: str | None = None
    tag: str | None = None
    size: int | None = None  # GiB, as its owner says
    delete_on_termination: bool = False
    may_be_shared: bool = True  # the microversion knows multiattach
    may_be_away: bool = True  # the microversion attaches to shelved servers


async def attach(
    transaction: Transaction,
    volumes: Volumes,
    server_id: UUID,
    actor: Actor,
    token: str,
    wish: AttachWish,
) -> BlockDevice:
    """Begin to attach a volume: it is reserved when this returns; a saga does the rest.

    Raises:
        NotFound: no such server, or no such volume.
        BadInput: the volume cannot be had.
        Conflict: the server's state does not allow it.
        NotAllowed: the server can have no more disks.
    """
    volume = await _volume(volumes, wish, token)
    if volume.get("multiattach") and not wish.may_be_shared:
        raise BadInput(
            "Multiattach volumes are only supported starting with compute API version 2.60"
        )
    wish = replace(wish, size=volume.get("size"))
    device = await _begin_attach(transaction, server_id, actor, wish)
    key = plugging.reservation_key(device)
    try:
        made = await volumes.reserve(
            wish.volume_id, str(server_id), idempotency_key=key, request_id=actor.request_id
        )
    except Unavailable:
        await plugging.take_back(transaction, server_id, device.id, actor.request_id, ATTACH)
        raise
    except CloudError as refused:
        await plugging.refused(transaction, server_id, device.id, actor.request_id)
        raise BadInput(f"Invalid volume: {refused.message}") from refused
    if not await plugging.reserved(transaction, server_id, device.id, made["id"]):
        await _let_go(volumes, made["id"])
        raise Conflict(f"Instance {server_id} is being deleted.")
    return device


async def _volume(volumes: Volumes, wish: AttachWish, token: str) -> dict[str, Any]:
    try:
        return await volumes.volume(wish.volume_id, token)
    except (NotFound, NotAllowed, BadInput) as absent:
        raise NotFound(f"Volume {wish.volume_id} could not be found.") from absent


async def _let_go(volumes: Volumes, attachment_id: str) -> None:
    try:
        await volumes.release(attachment_id)
    except NotFound:
        return


async def _begin_attach(
    transaction: Transaction, server_id: UUID, actor: Actor, wish: AttachWish
) -> BlockDevice:
    async with transaction() as stores:
        server = await _changeable(stores, server_id, actor, Change.ATTACH_VOLUME)
        if server.vm_state in AWAY and not wish.may_be_away:
            raise ActionNotAllowed(
                f"Cannot '{Change.ATTACH_VOLUME}' instance {server_id} "
                f"while it is in vm_state {server.vm_state.value}"
            )
        if any(each.volume_id == wish.volume_id for each in server.volumes):
            raise AlreadyAttached(
                f"Invalid volume: volume {wish.volume_id} already attached to instance {server_id}"
            )
        local = 0 if any(each.is_root for each in server.volumes) else 1
        require_room(server.volumes, others=local + len(server.local_disks))
        device = BlockDevice(
            id=str(new_uuid()),
            volume_id=wish.volume_id,
            device=device_name(_taken(server), wish.device),
            size=wish.size,
            tag=wish.tag,
            delete_on_termination=wish.delete_on_termination,
        )
        await _save(stores, server, (*server.volumes, device), actor)
        await record(stores, server, actor, Change.ATTACH_VOLUME)
        notes = {"server": str(server.id), "device": device.id}
        await stores.sagas.start(ATTACH, UUID(device.id), notes, actor.request_id, RESERVING)
    return device


def _taken(server: Server) -> list[str | None]:
    """Return the names of the disks a server has."""
    return [*local_names(len(server.local_disks)), *(each.device for each in server.volumes)]


async def _changeable(stores: Stores, server_id: UUID, actor: Actor, change: Change) -> Server:
    server = await stores.servers.get(server_id, actor.scope)
    server.require_unlocked(is_admin=actor.anywhere)
    require_changeable(server, change)
    cluster = await stores.capacity.cluster(server.cluster) if server.cluster else None
    require_hotplug(server, cluster)
    return server


async def _save(
    stores: Stores, server: Server, volumes: tuple[BlockDevice, ...], actor: Actor
) -> None:
    changed = replace(server, volumes=volumes, updated_at=utcnow())
    await save(stores, changed, actor.request_id)


async def detach(transaction: Transaction, server_id: UUID, actor: Actor, volume_id: str) -> None:
    """Begin to detach a volume; a repeat changes nothing.

    Raises:
        NotFound: no such server, or it does not have the volume.
        RootDevice: the server boots from it.
        BadInput: it is not even promised yet.
        Conflict: the server's state does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        device = find_volume(server.volumes, volume_id, server_id)
        if device.state is DeviceState.DETACHING:
            return
        server = await _changeable(stores, server_id, actor, Change.DETACH_VOLUME)
        if device.is_root:
            raise RootDevice("Cannot detach a root device volume")
        if device.attachment_id is None:
            raise BadInput(
                f"Invalid volume: volume {volume_id} is being attached: "
                "it can be detached when that is done"
            )
        leaving = replace(device, state=DeviceState.DETACHING)
        await _save(stores, server, replaced(server.volumes, leaving), actor)
        await record(stores, server, actor, Change.DETACH_VOLUME)
        # What the saga that attaches it has done by now is taken back; or it has said all and not
        # yet ended.
        await stores.sagas.supersede(UUID(device.id))
        notes = {"server": str(server.id), "device": device.id}
        await stores.sagas.start(DETACH, UUID(device.id), notes, actor.request_id)


async def keep_or_not(
    transaction: Transaction,
    server_id: UUID,
    actor: Actor,
    volume_id: str,
    *,
    delete_on_termination: bool,
) -> None:
    """Say whether a volume goes with its server.

    Raises:
        NotFound: no such server, or it does not have the volume.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        device = find_volume(server.volumes, volume_id, server_id)
        if device.delete_on_termination != delete_on_termination:
            changed = replace(device, delete_on_termination=delete_on_termination)
            await _save(stores, server, replaced(server.volumes, changed), actor)
