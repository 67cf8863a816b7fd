"""Attaches a volume: promised, connected, a disk of the instance, in use."""

from typing import Final

from services.compute.domain.devices import BlockDevice
from services.compute.domain.server import Server
from services.compute.effects import device_jobs, disks
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.effects.device_jobs import Unplugged
from services.compute.usecases import plugging
from services.compute.usecases.attaching import ATTACH
from shared.contracts.volume import Connection
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step, TakenOver

AIM: Final = "connect"


async def _device(cloud: Cloud, notes: Notes) -> tuple[Server, BlockDevice]:
    return await plugging.read(cloud.transaction, subject_of(notes), notes["device"])


async def reserve(cloud: Cloud, notes: Notes) -> Notes:
    """Have the volume promised, if the request did not live to see it."""
    server, device = await _device(cloud, notes)
    if notes.get("unwanted"):
        raise GiveUp("The volume service did not answer.")
    try:
        attachment_id = await disks.reserve(cloud, server, device, notes)
    except disks.REFUSALS as refused:
        raise GiveUp(refused.message) from refused
    await plugging.reserved(cloud.transaction, server.id, device.id, attachment_id)
    return {}


async def give_back(cloud: Cloud, notes: Notes) -> None:
    """Have nothing promised."""
    try:
        server, device = await _device(cloud, notes)
    except TakenOver:  # whoever took over gives it back
        return
    await disks.let_go(cloud, server, device, notes)


async def connect(cloud: Cloud, notes: Notes) -> Notes:
    """Learn how the volume becomes a disk where the server is."""
    server, device = await _device(cloud, notes)
    aimed = device_jobs.aim(server, notes)
    try:
        connection = await cloud.volumes.connect(
            str(device.attachment_id), disks.connector(cloud, server, device), request_of(notes)
        )
    except disks.REFUSALS as refused:
        raise GiveUp(refused.message) from refused
    if connection.cluster != server.cluster:
        raise GiveUp(f"Volume {device.volume_id} is on another cluster than the server.")
    template = await disks.template_of(cloud, server)
    if template not in {None, connection.disk_template}:
        raise GiveUp(
            f"Volume {device.volume_id} is kept in a way ({connection.disk_template}) that does "
            f"not go with the server's disks ({template})."
        )
    await plugging.connected(cloud.transaction, server.id, device.id, connection.driver)
    return {**aimed, "connection": connection.model_dump(mode="json")}


async def plug(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the disk."""
    connection = Connection.model_validate(notes["connection"])
    instance = cloud.instance(subject_of(notes))
    operation = disks.putting_in(instance, connection, hotplug=notes["hotplug"])
    return await device_jobs.change(cloud, notes, operation, AIM)


async def unplug(cloud: Cloud, notes: Notes) -> None:
    """Have no such disk."""
    if "connection" not in notes:
        return
    connection = Connection.model_validate(notes["connection"])
    instance = cloud.instance(subject_of(notes))
    operation = disks.taking_out(
        instance, connection.disk_name, connection.driver, hotplug=notes["hotplug"]
    )
    await device_jobs.take_out(cloud, notes, operation)


async def plugged(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; a guest that did not see the disk does not have it."""
    try:
        await device_jobs.changed(cloud, notes, AIM)
    except Unplugged as unseen:
        raise GiveUp("The running guest did not take the disk.") from unseen
    return {AWAITS: None}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Say that the server has the volume: first here, then to the volume service."""
    server, device = await _device(cloud, notes)
    await plugging.attached(cloud.transaction, server.id, device.id)
    try:
        await cloud.volumes.complete(str(device.attachment_id), request_of(notes))
    except NotFound:
        return {}  # an administrator forced it off meanwhile: what is here stays as it is
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Forget the device; its instance action says that it failed."""
    await plugging.not_attached(
        cloud.transaction, subject_of(notes), notes["device"], request_of(notes)
    )


ATTACH_VOLUME: Final[Saga[Cloud]] = Saga(
    name=ATTACH,
    steps=(
        Step("reserve", reserve, give_back),
        Step(AIM, connect),
        Step("disk", plug, unplug),
        Step("job", plugged),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
