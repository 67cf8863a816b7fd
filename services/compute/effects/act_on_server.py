"""Starts, stops and reboots servers: one job each."""

from typing import Final

from services.compute.domain.lifecycle import Action
from services.compute.domain.outcomes import AFTER_ACTION, MOST_REPEATS, Next, pause_before
from services.compute.effects.cloud import (
    Cloud,
    explained,
    explanation,
    request_of,
    subject_of,
)
from services.compute.effects.submitting import Failed, await_job, submit
from services.compute.usecases import progress
from services.compute.usecases.progress import Ended
from shared.clock import utcnow
from shared.contracts.operations import InstanceReboot, InstanceStart, InstanceStop, Operation
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, Step, Wait

FAILED: Final = "The action failed."


def operation_of(cloud: Cloud, action: Action, instance: str) -> Operation:
    """Return what Ganeti is asked to do."""
    match action:
        case Action.START:
            return InstanceStart(instance=instance)
        case Action.STOP:
            return InstanceStop(instance=instance, timeout=cloud.stop_timeout)
        case Action.SOFT_REBOOT:
            return InstanceReboot(instance=instance, type="soft")
        case Action.HARD_REBOOT:
            return InstanceReboot(instance=instance, type="hard")
        case _:
            raise ValueError(f"BUG: {action} has a saga of its own")


async def submit_action(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the action's job."""
    if notes.get("not_before") and utcnow().timestamp() < notes["not_before"]:
        raise Wait(notes["not_before"] - utcnow().timestamp())
    if notes.get("cluster") is None:
        raise GiveUp("The server has no instance.")
    action = Action(notes["action"])
    operation = operation_of(cloud, action, cloud.instance(subject_of(notes)))
    attempt = notes.get("attempt", 0)
    try:
        return await submit(cloud, notes, notes["cluster"], operation, action.value, attempt)
    except Failed as failed:
        raise _next(notes, failed) from failed
    except NotFound as unknown:
        raise GiveUp(explained(FAILED, unknown.message)) from unknown


async def await_action(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job."""
    try:
        ended = await await_job(cloud, notes)
    except Failed as failed:
        raise _next(notes, failed) from failed
    return {"ended": ended.job_id if ended else None, AWAITS: None}


def _next(notes: Notes, failed: Failed) -> Exception:
    attempt = notes.get("attempt", 0) + 1
    if AFTER_ACTION[failed.failure] is Next.AGAIN and attempt <= MOST_REPEATS:
        later = utcnow().timestamp() + pause_before(attempt)
        return Rewind("submit", {"attempt": attempt, "not_before": later})
    return GiveUp(explained(FAILED, failed.text))


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that it is done."""
    await progress.settle(
        cloud.transaction,
        subject_of(notes),
        Action(notes["action"]),
        Ended(job=notes.get("ended")),
    )
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Leave the server as it was; its instance action says that it failed."""
    message, details = explanation(notes)
    await progress.settle_failed(
        cloud.transaction,
        subject_of(notes),
        Action(notes["action"]),
        message,
        request_of(notes),
        details,
    )


STEPS: Final = (
    Step("submit", submit_action),
    Step("job", await_action),
    Step("settle", settle),
)
START_SERVER: Final[Saga[Cloud]] = Saga("compute.start_server", STEPS, tell_failure)
STOP_SERVER: Final[Saga[Cloud]] = Saga("compute.stop_server", STEPS, tell_failure)
REBOOT_SERVER: Final[Saga[Cloud]] = Saga("compute.reboot_server", STEPS, tell_failure)
