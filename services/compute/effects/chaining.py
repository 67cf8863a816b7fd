"""Steps that are one job of Ganeti each: done, awaited, and undone by the opposite job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.compute.domain.lifecycle import Action, Task
from services.compute.domain.outcomes import AFTER_ACTION, MOST_REPEATS, Next, pause_before
from services.compute.domain.server import Server
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
from shared.contracts.ganeti import Failure
from shared.contracts.operations import Operation
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import Do, GiveUp, Notes, Rewind, Step, Undo, Wait

FAILED: Final = "The action failed."
SPOILED: Final = "The action failed, and the server could not be brought back to where it was."
UNDO_PAUSE: Final = 1.0  # seconds between looks at a job of an undo, which nobody is woken for
Making = Callable[[Cloud, Server, Notes], Operation | None]


@dataclass(frozen=True, slots=True)
class Job:
    """One job of an action, and the job that takes it back; either may be nothing."""

    name: str
    make: Making
    back: Making | None = None
    phase: Task | None = None  # shown from then on

    @property
    def steps(self) -> tuple[Step[Cloud], Step[Cloud]]:
        """The two steps of it: submit, and wait."""
        undo = _nothing if self.back is None else _undoing(self.name, self.back)
        return (
            Step(self.name, _submitting(self), undo),
            Step(f"{self.name}_job", _awaiting(self.name)),
        )


async def _nothing(_cloud: Cloud, _notes: Notes) -> None:
    """Leave as it is what leaves nothing behind."""


def _submitting(job: Job) -> Do[Cloud]:
    async def do(cloud: Cloud, notes: Notes) -> Notes:
        if notes.get("not_before") and utcnow().timestamp() < notes["not_before"]:
            raise Wait(notes["not_before"] - utcnow().timestamp())
        if notes.get("cluster") is None:
            raise GiveUp("The server has no instance.")
        server = await progress.enter(
            cloud.transaction, subject_of(notes), Action(notes["action"]), job.phase
        )
        operation = job.make(cloud, server, notes)
        if operation is None:
            return {"job": None, AWAITS: None}
        attempt = _attempts(notes).get(job.name, 0)
        try:
            return await submit(cloud, notes, notes["cluster"], operation, job.name, attempt)
        except Failed as failed:
            raise _next(job.name, notes, failed) from failed
        except NotFound as unknown:
            raise GiveUp(explained(FAILED, unknown.message)) from unknown

    return do


def _awaiting(name: str) -> Do[Cloud]:
    async def do(cloud: Cloud, notes: Notes) -> Notes:
        try:
            ended = await await_job(cloud, notes)
        except Failed as failed:
            raise _next(name, notes, failed) from failed
        return {"ended": ended.job_id if ended else notes.get("ended"), AWAITS: None}

    return do


def _attempts(notes: Notes) -> dict[str, int]:
    found: dict[str, int] = notes.get("attempts", {})
    return found


def _next(name: str, notes: Notes, failed: Failed) -> Exception:
    attempt = _attempts(notes).get(name, 0) + 1
    if AFTER_ACTION[failed.failure] is Next.AGAIN and attempt <= MOST_REPEATS:
        later = utcnow().timestamp() + pause_before(attempt)
        attempts = {**_attempts(notes), name: attempt}
        return Rewind(name, {"attempts": attempts, "not_before": later, AWAITS: None})
    return GiveUp(explained(FAILED, failed.text))


def _undoing(name: str, back: Making) -> Undo[Cloud]:
    async def undo(cloud: Cloud, notes: Notes) -> None:
        server = await progress.read(cloud.transaction, subject_of(notes))
        operation = back(cloud, server, notes)
        if operation is None or notes.get("cluster") is None:
            return
        last = SPOILED
        rounds = _attempts(notes).get(name, 0)
        for attempt in range(MOST_REPEATS):
            parts = (name, "undo", rounds, attempt)
            try:
                learned = await submit(cloud, notes, notes["cluster"], operation, *parts)
                await await_job(cloud, {**notes, **learned}, UNDO_PAUSE)
            except Failed as failed:
                last = failed.text
                if failed.failure is Failure.NOT_FOUND:
                    return
            except NotFound:  # the cluster was taken out of the cloud
                return
            else:
                return
        action = Action(notes["action"])
        await progress.spoil(cloud.transaction, server.id, action, SPOILED, last)

    return undo


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that it is done."""
    ended = Ended(job=notes.get("ended"), node=notes.get("target"))
    action = Action(notes["action"])
    await progress.settle(cloud.transaction, subject_of(notes), action, ended)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Say that it failed: the server is as it was, or in error where its rule says so."""
    message, details = explanation(notes)
    await progress.settle_failed(
        cloud.transaction,
        subject_of(notes),
        Action(notes["action"]),
        message,
        request_of(notes),
        details,
    )


SETTLE: Final = Step("settle", settle)
