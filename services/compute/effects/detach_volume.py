"""Detaches a volume: no disk of the instance any more, then free.

A running guest may hold on to a disk that Ganeti has given up already. Nobody else may write to
the volume then, so it stays the server's until that is stopped.
"""

from typing import Final

from services.compute.domain.device_rules import runs
from services.compute.domain.devices import BlockDevice
from services.compute.domain.server import Server
from services.compute.effects import device_jobs, disks
from services.compute.effects.cloud import Cloud, Json, request_of, subject_of
from services.compute.effects.device_jobs import STILL_RUNS, Unplugged, was_gone
from services.compute.usecases import plugging
from services.compute.usecases.attaching import DETACH
from shared.db.sagas import AWAITS
from shared.errors import CloudError, Unavailable
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

AIM: Final = "begin"


async def _device(cloud: Cloud, notes: Notes) -> tuple[Server, BlockDevice]:
    return await plugging.read(cloud.transaction, subject_of(notes), notes["device"])


async def _say(cloud: Cloud, device: BlockDevice, action: Json, notes: Notes) -> None:
    """Tell the volume service; its refusal changes nothing about what has to be done."""
    try:
        await cloud.volumes.act(str(device.volume_id), action, request_of(notes))
    except Unavailable:
        raise
    except CloudError:
        return


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Show that the volume is on its way."""
    server, device = await _device(cloud, notes)
    aimed = device_jobs.aim(server, notes)
    await _say(cloud, device, {"os-begin_detaching": {}}, notes)
    return aimed


async def roll_back(cloud: Cloud, notes: Notes) -> None:
    """Show that the volume stays."""
    _, device = await _device(cloud, notes)
    await _say(cloud, device, {"os-roll_detaching": {}}, notes)


async def unplug(cloud: Cloud, notes: Notes) -> Notes:
    """Submit that there be no such disk."""
    _, device = await _device(cloud, notes)
    operation = disks.taking_out(
        cloud.instance(subject_of(notes)),
        str(device.volume_id),
        device.driver,
        hotplug=notes["hotplug"],
    )
    try:
        return await device_jobs.change(cloud, notes, operation, AIM)
    except GiveUp as failed:
        if was_gone(failed):
            return {"job": None, AWAITS: None}
        raise


async def unplugged(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; see whether the guest let go."""
    try:
        await device_jobs.changed(cloud, notes, AIM)
    except GiveUp as failed:
        if not was_gone(failed):
            raise
    except Unplugged:
        _, device = await _device(cloud, notes)
        await _say(cloud, device, {"os-reset_status": {"status": "error_detaching"}}, notes)
        return {"held": True, AWAITS: None}
    return {"held": False, AWAITS: None}


async def await_stop(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until the guest that holds on to the disk is stopped."""
    server, _ = await _device(cloud, notes)
    if notes["held"] and runs(server):
        raise Wait(STILL_RUNS)
    return {}


async def release(cloud: Cloud, notes: Notes) -> Notes:
    """Free the volume."""
    server, device = await _device(cloud, notes)
    await disks.let_go(cloud, server, device, notes)
    return {}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Forget the device."""
    await plugging.drop(cloud.transaction, subject_of(notes), notes["device"])
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Keep the device; its instance action says that it failed."""
    await plugging.still_attached(
        cloud.transaction, subject_of(notes), notes["device"], request_of(notes)
    )


DETACH_VOLUME: Final[Saga[Cloud]] = Saga(
    name=DETACH,
    steps=(
        Step(AIM, begin, roll_back),
        Step("disk", unplug),
        Step("job", unplugged),
        Step("stop", await_stop),
        Step("release", release),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
