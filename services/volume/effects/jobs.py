"""Steps that are one job of Ganeti's each: submitted, then waited for."""

from collections.abc import Awaitable, Callable
from typing import Final

from services.volume.effects.cloud import Cloud
from services.volume.effects.submitting import Failed, await_job, submit
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import Query
from shared.contracts.operations import DiskDetach, InstanceDelete, Operation
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import Do, GiveUp, Notes, Step, Undo, nothing

Deciding = Callable[[Cloud, Notes], Awaitable[Operation | None]]
UNDO_PAUSE: Final = 1.0  # seconds between looks at a job of an undo, which nobody is woken for
MOST_TRIES: Final = 20  # jobs that may fail before it is left to the runner's long pauses


def job_steps(name: str, decide: Deciding, undo: Undo[Cloud] = nothing) -> tuple[Step[Cloud], ...]:
    """Return the steps that have a job, if there is to be one, and wait for its end.

    Args:
        name: of the work.
        decide: says what Ganeti is to do; None: nothing.
        undo: takes it back.
    """
    return (Step(name, _submitting(name, decide), undo), Step(f"{name}_job", _awaited))


def _submitting(name: str, decide: Deciding) -> Do[Cloud]:
    async def do(cloud: Cloud, notes: Notes) -> Notes:
        operation = await decide(cloud, notes)
        if operation is None:
            return {"job": None, AWAITS: None}
        try:
            return await submit(cloud, notes, notes["cluster"], operation, name)
        except Failed as failed:
            raise GiveUp(failed.text) from failed

    return do


async def _awaited(cloud: Cloud, notes: Notes) -> Notes:
    try:
        await await_job(cloud, notes)
    except Failed as failed:
        raise GiveUp(failed.text) from failed
    return {"job": None, AWAITS: None}


async def certainly(cloud: Cloud, notes: Notes, operation: Operation, *parts: object) -> None:
    """Have work done, trying again with another job when one fails; what is gone is done.

    Raises:
        Wait: its job has not ended.
        RuntimeError: it failed again and again.
    """
    last = ""
    for attempt in range(MOST_TRIES):
        try:
            learned = await submit(cloud, notes, notes["cluster"], operation, *parts, attempt)
            await await_job(cloud, {**notes, **learned}, UNDO_PAUSE)
        except Failed as failed:
            last = failed.text
            if failed.failure is not Failure.NOT_FOUND:
                continue
        return
    raise RuntimeError(f"It failed {MOST_TRIES} times: {last}")


async def disk_index(cloud: Cloud, notes: Notes, instance: str) -> int | None:
    """Return which disk of an instance the volume is; None: it is none of them."""
    try:
        answer = await cloud.gateway.query(
            notes["cluster"],
            "instance",
            Query(fields=["disk.names"], filter=["=", "name", instance]),
        )
    except NotFound:
        return None
    names = [name for row in answer.rows for name in row[0][1] or ()]
    return names.index(notes["subject"]) if notes["subject"] in names else None


async def remove_instance(cloud: Cloud, notes: Notes, instance: str) -> None:
    """Have no such instance; the volume's disk is taken from it before."""
    await detach(cloud, notes, instance)
    await certainly(cloud, notes, InstanceDelete(instance=instance), "remove", instance)


async def detach(cloud: Cloud, notes: Notes, instance: str) -> None:
    """Take the volume's disk from an instance, if it has it."""
    if await disk_index(cloud, notes, instance) is None:
        return
    operation = DiskDetach(instance=instance, disk=notes["subject"])
    await certainly(cloud, notes, operation, "detach", instance)
    if await disk_index(cloud, notes, instance) is not None:
        raise RuntimeError(f"The disk is still one of {instance}.")
