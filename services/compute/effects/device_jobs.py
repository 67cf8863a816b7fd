"""Changes of a server's devices: one job each, and what to do when Ganeti did not do it.

Devices of a running server are changed under it. Whether it runs is looked at before each
attempt; a job that found it otherwise is tried again.
"""

from typing import Any, Final

from services.compute.domain.device_rules import runs
from services.compute.domain.outcomes import MOST_REPEATS, pause_before
from services.compute.domain.server import Server
from services.compute.effects.cloud import Cloud, explained
from services.compute.effects.submitting import Failed, await_job, submit
from shared.clock import utcnow
from shared.contracts.ganeti import Failure, JobObserved, hotplug_failed
from shared.contracts.operations import Operation
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Rewind, Wait

AGAIN: Final = frozenset({Failure.BUSY, Failure.UNKNOWN_OUTCOME, Failure.WRONG_STATE})
STILL_RUNS: Final = 15.0  # seconds between looks at a server whose guest holds on to a device
UNDO_PAUSE: Final = 1.0  # seconds between looks at a job of an undo, which nobody is woken for
MOST_REMOVALS: Final = 50  # jobs that may fail before an undo is left to the runner's long pauses


class Unplugged(Exception):
    """The job is a success, and the running guest has not seen the change."""


def aim(server: Server, notes: Notes) -> Notes:
    """Return where the change goes, and whether the guest is told of it at once.

    Raises:
        Wait: the moment for the next attempt has not come.
        GiveUp: the server has no instance.
    """
    if notes.get("not_before") and utcnow().timestamp() < notes["not_before"]:
        raise Wait(notes["not_before"] - utcnow().timestamp())
    if server.cluster is None:
        raise GiveUp("The server has no instance.")
    return {"cluster": server.cluster, "hotplug": runs(server), "nothing_there": False}


async def change(cloud: Cloud, notes: Notes, operation: Operation, back_to: str) -> Notes:
    """Submit a change; return notes that name its job.

    Args:
        cloud: the world.
        notes: of the saga, with what ``aim`` found.
        operation: what.
        back_to: the step from which another attempt is made.

    Raises:
        GiveUp: Ganeti will never do it.
        Rewind: it may, later.
        Wait: nobody knows yet.
    """
    attempt = notes.get("attempt", 0)
    try:
        return await submit(cloud, notes, notes["cluster"], operation, operation.operation, attempt)
    except Failed as failed:
        raise _next(notes, failed, back_to) from failed
    except NotFound as unknown:
        raise GiveUp(unknown.message) from unknown


async def changed(cloud: Cloud, notes: Notes, back_to: str) -> JobObserved | None:
    """Return how the job of a change ended.

    Raises:
        Unplugged: well, but the guest has not seen it.
        GiveUp: it failed for good.
        Rewind: it failed for now.
        Wait: it has not ended.
    """
    try:
        ended = await await_job(cloud, notes)
    except Failed as failed:
        raise _next(notes, failed, back_to) from failed
    if ended is not None and hotplug_failed(ended.result):
        raise Unplugged
    return ended


def _next(notes: Notes, failed: Failed, back_to: str) -> Exception:
    attempt = notes.get("attempt", 0) + 1
    if failed.failure in AGAIN and attempt <= MOST_REPEATS:
        later = utcnow().timestamp() + pause_before(attempt)
        sure = failed.failure is not Failure.UNKNOWN_OUTCOME
        return Rewind(
            back_to,
            {"attempt": attempt, "not_before": later, "nothing_there": sure, AWAITS: None},
        )
    return GiveUp(explained("The change failed.", failed.text))


def failed_with(failed: GiveUp, failure: Failure) -> bool:
    """Whether a change failed for this reason."""
    cause = failed.__cause__
    return isinstance(cause, Failed) and cause.failure is failure


def was_gone(failed: GiveUp) -> bool:
    """Whether a change failed because there is no such device."""
    return failed_with(failed, Failure.NOT_FOUND)


async def take_out(cloud: Cloud, notes: Notes, operation: Any) -> None:
    """Undo a change: have no such device on the instance, and wait until that is so.

    Args:
        cloud: the world.
        notes: of the saga.
        operation: what takes the device out.
    """
    if "cluster" not in notes or notes.get("nothing_there"):
        return None
    for attempt in range(MOST_REMOVALS):
        try:
            return await _take_out(cloud, notes, operation, attempt)
        except NotFound:  # the cluster was taken out of the cloud
            return None
        except Failed as failed:
            if failed.failure is Failure.NOT_FOUND:
                return None
            if not failed.began:
                raise
    raise RuntimeError(f"The device could not be taken out in {MOST_REMOVALS} attempts.")


async def _take_out(cloud: Cloud, notes: Notes, operation: Any, attempt: int) -> None:
    parts = ("undo", notes.get("attempt", 0), attempt)
    hotplug = notes["hotplug"] if attempt % 2 == 0 else not notes["hotplug"]
    wanted = operation.model_copy(update={"hotplug": hotplug})
    learned = await submit(cloud, notes, notes["cluster"], wanted, *parts)
    await await_job(cloud, {**notes, **learned}, UNDO_PAUSE)
