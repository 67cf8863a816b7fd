"""The volumes a server is made with: made or found, promised, connected, in use."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.devices import BlockDevice, DeviceState
from services.compute.domain.server import Server
from services.compute.effects import disks
from services.compute.effects.cloud import (
    Cloud,
    Json,
    explained,
    request_of,
    subject_of,
    tries_of,
)
from services.compute.usecases import plugging, progress
from services.compute.usecases.attaching import ATTACH
from shared.contracts.volume import Connection
from shared.errors import NotFound, OverQuota
from shared.ids import derived
from shared.saga.definition import GiveUp, Notes, Rewind, Wait

MAKING_PAUSE: Final = 1.0  # seconds between looks at a volume that is being made
FAILED: Final = "Block Device Mapping is Invalid."
MAKING: Final = frozenset({"creating", "downloading"})
REFUSALS: Final = (*disks.REFUSALS, OverQuota)


async def have_volumes(cloud: Cloud, notes: Notes) -> Notes:
    """Have each volume there and promised to the server."""
    if not notes.get("volumes", True):
        return {}
    server = await progress.read(cloud.transaction, subject_of(notes))
    for device in server.volumes:
        try:
            made = await _made(cloud, server, device, notes)
            attachment_id = await disks.reserve(cloud, server, made, notes)
        except REFUSALS as refused:
            raise GiveUp(explained(refused.message, "")) from refused
        await _keep(cloud, server, device, made.volume_id, attachment_id)
    return {}


async def _made(cloud: Cloud, server: Server, device: BlockDevice, notes: Notes) -> BlockDevice:
    """Return the device with its volume, which is made if it has to be."""
    if not device.is_ours:
        return device
    volume_id = device.volume_id
    if volume_id is None:
        volume_id = await _make(cloud, server, device, notes)
        await _keep(cloud, server, device, volume_id, None)
    status = str((await cloud.volumes.volume(volume_id)).get("status"))
    if status in MAKING:
        raise Wait(MAKING_PAUSE)
    if status.startswith("error"):
        raise GiveUp(explained(FAILED, f"Volume {volume_id} is in {status}."))
    return replace(device, volume_id=volume_id)


async def _make(cloud: Cloud, server: Server, device: BlockDevice, notes: Notes) -> str:
    body: Json = {
        "size": device.size,
        "name": "",
        "project_id": server.project_id,
        "user_id": server.user_id,
        "cluster": notes["cluster"],
        "availability_zone": server.availability_zone,
    }
    if device.source == "image":
        body["imageRef"] = device.source_id
    if device.source == "snapshot":
        body["snapshot_id"] = device.source_id
    if device.volume_type is not None:
        body["volume_type"] = device.volume_type
    key = derived(UUID(device.id), "make", tries_of(notes))
    made = await cloud.volumes.create_volume(
        body, idempotency_key=key, request_id=request_of(notes)
    )
    return str(made["id"])


async def _keep(
    cloud: Cloud,
    server: Server,
    device: BlockDevice,
    volume_id: str | None,
    attachment_id: str | None,
) -> None:
    await progress.change_volume(
        cloud.transaction,
        server.id,
        device.id,
        volume_id=volume_id,
        attachment_id=attachment_id,
    )


async def give_volumes_back(cloud: Cloud, notes: Notes) -> None:
    """Free the volumes, and delete those that were made for the server."""
    if not notes.get("volumes", True):
        return
    server = await progress.read(cloud.transaction, subject_of(notes))
    for device in server.volumes:
        if device.attachment_id is not None or not device.is_ours:
            await disks.let_go(cloud, server, device, notes)
        if device.is_ours and device.volume_id is not None:
            await disks.delete_volume(cloud, device.volume_id, notes)
        kept = None if device.is_ours else device.volume_id
        await _keep(cloud, server, device, kept, None)


async def connect_volumes(cloud: Cloud, notes: Notes) -> Notes:
    """Learn how each volume becomes a disk where the server goes."""
    if not notes.get("volumes", True):
        return {"connections": {}}
    server = await progress.read(cloud.transaction, subject_of(notes))
    connections: dict[str, Any] = {}
    for device in server.volumes:
        try:
            connection = await cloud.volumes.connect(
                str(device.attachment_id), disks.connector(cloud, server, device), request_of(notes)
            )
        except NotFound as gone:
            raise GiveUp(gone.message) from gone
        except disks.REFUSALS as refused:
            raise _elsewhere(server, notes, refused.message) from refused
        if connection.cluster != notes["cluster"]:
            raise _elsewhere(server, notes, f"Volume {device.volume_id} is on another cluster.")
        await progress.change_volume(
            cloud.transaction, server.id, device.id, driver=connection.driver
        )
        connections[device.id] = connection.model_dump(mode="json")
    cluster = await progress.cluster_of(cloud.transaction, notes["cluster"])
    late = [
        (device, connection)
        for device, connection in connections_in({"connections": connections}, server)
        if disks.comes_later(connection)
    ]
    for device, connection in late:
        _require_attachable(server, device, connection, hotplug=bool(cluster and cluster.hotplug))
    nodes = [set(connection.nodes) for _, connection in late if connection.nodes]
    return {"connections": connections, "near_volumes": _common(nodes)}


def _require_attachable(
    server: Server, device: BlockDevice, connection: Connection, *, hotplug: bool
) -> None:
    """Give up on a disk that cannot be attached to the server once it runs."""
    if device.is_root or not hotplug:
        raise GiveUp(
            "A volume of this type that was used before cannot come with this server: "
            "attach it to one that is there."
        )
    if connection.nodes and server.node is not None and server.node not in connection.nodes:
        raise GiveUp(explained(FAILED, f"Volume {device.volume_id} is on another node."))


def _common(nodes: list[set[str]]) -> str | None:
    """Return a node that all of the disks are on; None: there is nothing to heed."""
    if not nodes:
        return None
    found = sorted(set.intersection(*nodes))
    if not found:
        raise GiveUp(explained(FAILED, "The volumes are on different nodes."))
    return found[0]


def _elsewhere(server: Server, notes: Notes, why: str) -> Exception:
    """Return the way to another cluster, for a server whose volumes are nowhere yet."""
    if any(device.cluster is not None for device in server.volumes):
        return GiveUp(explained(FAILED, why))
    tried = [*notes.get("tried", ()), notes["cluster"]]
    return Rewind("place", {"tried": tried, "last_failure": why, "nothing_there": True})


def connections_in(notes: Notes, server: Server) -> list[tuple[BlockDevice, Connection]]:
    """Return each volume of the server with what is known of it as a disk, the root one first."""
    known = notes.get("connections", {})
    return [
        (device, Connection.model_validate(known[device.id]))
        for device in server.volumes
        if device.id in known
    ]


async def use_volumes(cloud: Cloud, notes: Notes) -> Notes:
    """Say that the server has its volumes."""
    if not notes.get("volumes", True):
        return {}
    server = await progress.read(cloud.transaction, subject_of(notes))
    late = _late(server, notes)
    for device in (each for each in server.volumes if each.id not in late):
        await progress.change_volume(
            cloud.transaction, server.id, device.id, state=DeviceState.ATTACHED
        )
        try:
            await cloud.volumes.complete(str(device.attachment_id), request_of(notes))
        except NotFound:
            continue  # an administrator forced it off meanwhile
    return {}


def _late(server: Server, notes: Notes) -> set[str]:
    """Return the devices that are attached when the server runs."""
    known = connections_in(notes, server)
    return {device.id for device, connection in known if disks.comes_later(connection)}


async def attach_the_rest(cloud: Cloud, notes: Notes) -> None:
    """Begin to attach what could not come with the instance; sagas of their own do it."""
    if not notes.get("volumes", True):
        return
    server = await progress.read(cloud.transaction, subject_of(notes))
    for device_id in sorted(_late(server, notes)):
        await plugging.begin(cloud.transaction, server.id, device_id, request_of(notes), ATTACH)
