"""Unmakes a server, whatever was being done to it: instance, ports, volumes, row.

It never gives up. Volumes outlive the instance: those that Ganeti would remove with it are taken
out first.
"""

from typing import Final
from uuid import UUID

from services.compute.domain.outcomes import pause_before
from services.compute.effects import disks
from services.compute.effects.cloud import Cloud, subject_of
from services.compute.effects.create_image import drop_image
from services.compute.effects.image_of_volumes import drop_snapshot
from services.compute.effects.ports import drop_ports
from services.compute.effects.submitting import Failed, await_job, submit
from services.compute.usecases import plugging, progress
from shared.clock import utcnow
from shared.contracts.ganeti import Failure
from shared.contracts.operations import DiskDetach, InstanceDelete
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import Notes, Rewind, Saga, Step, Wait

HELD_PAUSE: Final = 1.0  # seconds between looks at steps that still run for the server's devices


async def await_devices(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until no step runs any more of what was being done to the server's devices."""
    held = [UUID(each) for each in notes.get("devices", ())]
    if held and await plugging.any_held(cloud.transaction, held):
        raise Wait(HELD_PAUSE)
    return {}


async def save_volumes(cloud: Cloud, notes: Notes) -> Notes:
    """Submit that the next volume that would be removed with the instance be taken out of it."""
    if notes.get("not_before") and utcnow().timestamp() < notes["not_before"]:
        raise Wait(notes["not_before"] - utcnow().timestamp())
    server = await progress.read(cloud.transaction, subject_of(notes))
    saved = notes.get("saved", [])
    for device in server.volumes if notes["clusters"] else ():
        if device.driver == disks.NATIVE and device.volume_id not in saved:
            return await _save_volume(cloud, notes, str(device.volume_id))
    return {"saving": None, "job": None, AWAITS: None}


async def _save_volume(cloud: Cloud, notes: Notes, volume_id: str) -> Notes:
    cluster, instance = notes["clusters"][0], cloud.instance(subject_of(notes))
    operation = DiskDetach(instance=instance, disk=volume_id)
    attempt = notes.get("attempt", 0)
    try:
        learned = await submit(cloud, notes, cluster, operation, "save", volume_id, attempt)
    except NotFound:
        learned = {"job": None, AWAITS: None}
    except Failed as failed:
        learned = _next(notes, failed, "save")
    return {**learned, "saving": volume_id}


async def await_saved(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; go on with the next volume, if there is one."""
    if notes.get("saving") is None:
        return {}
    try:
        await await_job(cloud, notes)
    except Failed as failed:
        _next(notes, failed, "save")
    saved = [*notes.get("saved", []), notes["saving"]]
    raise Rewind("save", {"saved": saved, "attempt": 0, "not_before": None, AWAITS: None})


async def free_volumes(cloud: Cloud, notes: Notes) -> Notes:
    """Free the volumes, and delete those that go with the server."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    for device in server.volumes:
        await disks.let_go(cloud, server, device, notes)
        if device.volume_id is not None and device.delete_on_termination:
            await disks.delete_volume(cloud, device.volume_id, notes)
    return {}


async def remove_instance(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the removal on the next cluster where there may be an instance.

    A create that was taken over may have submitted its instance: the gateway does the work of one
    instance in the order it came, so the removal finds whatever that left.
    """
    if notes.get("not_before") and utcnow().timestamp() < notes["not_before"]:
        raise Wait(notes["not_before"] - utcnow().timestamp())
    clusters, done = notes["clusters"], notes.get("done", 0)
    if done >= len(clusters):
        return {"job": None, AWAITS: None}
    operation = InstanceDelete(instance=cloud.instance(subject_of(notes)))
    try:
        return await submit(
            cloud, notes, clusters[done], operation, "delete", done, notes.get("attempt", 0)
        )
    except NotFound:  # the cluster was taken out of the cloud, and its instances with it
        return {"job": None, AWAITS: None}
    except Failed as failed:
        return _next(notes, failed, "instance")


async def await_removal(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; go on with the next cluster, if there is one."""
    learned: Notes = {AWAITS: None}
    try:
        ended = await await_job(cloud, notes)
        learned["ended"] = ended.job_id if ended else notes.get("ended")
    except Failed as failed:
        learned |= _next(notes, failed, "instance")
    done = notes.get("done", 0) + 1
    if done < len(notes["clusters"]):
        raise Rewind("instance", {**learned, "done": done, "attempt": 0, "not_before": None})
    return learned


def _next(notes: Notes, failed: Failed, back_to: str) -> Notes:
    """Be content when there is no such thing; otherwise try again, more and more slowly."""
    if failed.failure is Failure.NOT_FOUND:
        return {"job": None, AWAITS: None}
    attempt = notes.get("attempt", 0) + 1
    later = utcnow().timestamp() + pause_before(attempt)
    raise Rewind(back_to, {"attempt": attempt, "not_before": later})


async def let_go_of_ports(cloud: Cloud, notes: Notes) -> Notes:
    """Delete the ports that were made for the server, and let go of the user's own."""
    await drop_ports(cloud, notes)
    return {}


async def drop_unfinished(cloud: Cloud, notes: Notes) -> Notes:
    """Drop an image that was being made of the server, unless it has its bytes by now."""
    unfinished = notes.get("unfinished") or {}
    if unfinished and await drop_image(cloud, {**notes, **unfinished}):
        for ident in unfinished["snapshots"].values():
            await drop_snapshot(cloud, notes, ident)
    return {}


async def forget(cloud: Cloud, notes: Notes) -> Notes:
    """Say that nothing of it is left."""
    await progress.settle_deleted(cloud.transaction, subject_of(notes), notes.get("ended"))
    return {}


DELETE_SERVER: Final[Saga[Cloud]] = Saga(
    name="compute.delete_server",
    steps=(
        Step("devices", await_devices),
        Step("save", save_volumes),
        Step("saved", await_saved),
        Step("instance", remove_instance),
        Step("job", await_removal),
        Step("image", drop_unfinished),
        Step("ports", let_go_of_ports),
        Step("volumes", free_volumes),
        Step("row", forget),
    ),
)
