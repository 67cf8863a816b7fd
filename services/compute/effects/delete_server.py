"""Unmakes a server, whatever was being done to it: instance, ports, row. It never gives up."""

from typing import Final

from services.compute.domain.outcomes import pause_before
from services.compute.effects.cloud import Cloud, subject_of
from services.compute.effects.ports import drop_ports
from services.compute.effects.submitting import Failed, await_job, submit
from services.compute.usecases import progress
from shared.clock import utcnow
from shared.contracts.ganeti import Failure
from shared.contracts.operations import InstanceDelete
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import Notes, Rewind, Saga, Step, Wait


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
        return _next(notes, failed)


async def await_removal(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; go on with the next cluster, if there is one."""
    learned: Notes = {AWAITS: None}
    try:
        ended = await await_job(cloud, notes)
        learned["ended"] = ended.job_id if ended else notes.get("ended")
    except Failed as failed:
        learned |= _next(notes, failed)
    done = notes.get("done", 0) + 1
    if done < len(notes["clusters"]):
        raise Rewind("instance", {**learned, "done": done, "attempt": 0, "not_before": None})
    return learned


def _next(notes: Notes, failed: Failed) -> Notes:
    """Be content when there is no instance; otherwise try again, more and more slowly."""
    if failed.failure is Failure.NOT_FOUND:
        return {"job": None, AWAITS: None}
    attempt = notes.get("attempt", 0) + 1
    later = utcnow().timestamp() + pause_before(attempt)
    raise Rewind("instance", {"attempt": attempt, "not_before": later})


async def let_go_of_ports(cloud: Cloud, notes: Notes) -> Notes:
    """Delete the ports that were made for the server, and let go of the user's own."""
    await drop_ports(cloud, notes)
    return {}


async def forget(cloud: Cloud, notes: Notes) -> Notes:
    """Say that nothing of it is left."""
    await progress.settle_deleted(cloud.transaction, subject_of(notes), notes.get("ended"))
    return {}


DELETE_SERVER: Final[Saga[Cloud]] = Saga(
    name="compute.delete_server",
    steps=(
        Step("instance", remove_instance),
        Step("job", await_removal),
        Step("ports", let_go_of_ports),
        Step("row", forget),
    ),
)
