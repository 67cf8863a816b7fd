"""How a volume becomes a disk of an instance, and ceases to be one."""

from services.compute.domain.devices import BlockDevice
from services.compute.domain.server import Server
from services.compute.effects.cloud import Cloud, request_of
from services.compute.usecases import plugging
from shared.contracts.gateway import Query
from shared.contracts.operations import DiskAdd, DiskAttach, DiskDetach, DiskRemove, DiskSpec
from shared.contracts.volume import Connection
from shared.errors import BadInput, Conflict, NotAllowed, NotFound
from shared.saga.definition import Notes

NATIVE = "native"  # goes with its instance, unless it is taken out before
REFUSALS = (BadInput, Conflict, NotAllowed, NotFound)


def connector(cloud: Cloud, server: Server, device: BlockDevice) -> dict[str, str | None]:
    """Return where the server is, for the volume service."""
    return {
        "host": server.cluster,
        "instance": cloud.instance(server.id),
        "node": server.node,
        "mountpoint": device.device,
    }


def comes_later(connection: Connection) -> bool:
    """Whether Ganeti attaches the disk only to an instance that is there."""
    return connection.driver == NATIVE and connection.disk_uuid is not None


def spec_of(connection: Connection) -> DiskSpec:
    """Return the volume as a disk to be made."""
    return DiskSpec(
        name=connection.disk_name,
        size=connection.size,
        provider=connection.provider,
        parameters=connection.parameters,
    )


def putting_in(instance: str, connection: Connection, *, hotplug: bool) -> DiskAdd | DiskAttach:
    """Return what gives an instance the volume."""
    if connection.driver == NATIVE and connection.disk_uuid is not None:
        return DiskAttach(instance=instance, uuid=connection.disk_uuid, hotplug=hotplug)
    return DiskAdd(instance=instance, disk=spec_of(connection), hotplug=hotplug)


def taking_out(
    instance: str, volume_id: str, driver: str | None, *, hotplug: bool
) -> DiskRemove | DiskDetach:
    """Return what takes the volume from an instance and keeps what it holds."""
    if driver == NATIVE:
        return DiskDetach(instance=instance, disk=volume_id, hotplug=hotplug)
    return DiskRemove(instance=instance, disk=volume_id, hotplug=hotplug)


async def template_of(cloud: Cloud, server: Server) -> str | None:
    """Return the template of an instance's disks, which any other has to be of; None: unknown.

    Ganeti makes an added disk after the instance's own, whatever was asked for.
    """
    name = cloud.instance(server.id)
    question = Query(fields=["disk_template"], filter=["=", "name", name])
    answer = await cloud.gateway.query(str(server.cluster), "instance", question)
    found = str(answer.rows[0][0][1]) if answer.rows else None
    return None if found == "diskless" else found


async def reserve(cloud: Cloud, server: Server, device: BlockDevice, notes: Notes) -> str:
    """Return the volume service's promise of the volume, had now if it was not before.

    Raises:
        CloudError: it promises nothing.
    """
    if device.attachment_id is not None:
        return device.attachment_id
    made = await cloud.volumes.reserve(
        str(device.volume_id),
        str(server.id),
        idempotency_key=plugging.reservation_key(device),
        request_id=request_of(notes),
    )
    return str(made["id"])


async def let_go(cloud: Cloud, server: Server, device: BlockDevice, notes: Notes) -> None:
    """Give the volume back, also when it is not known whether it was ever promised."""
    if device.volume_id is None:
        return
    try:
        attachment_id = await reserve(cloud, server, device, notes)
    except REFUSALS:
        return
    try:
        await cloud.volumes.release(attachment_id, request_of(notes))
    except NotFound:
        return


async def delete_volume(cloud: Cloud, volume_id: str, notes: Notes) -> None:
    """Delete a volume that goes with its server."""
    try:
        await cloud.volumes.delete_volume(volume_id, request_of(notes))
    except REFUSALS:
        return  # gone already, or somebody else's as well by now
