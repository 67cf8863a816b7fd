"""Submits work to Ganeti and waits for its end, once per saga and piece of work."""

from typing import Final
from uuid import UUID

from services.volume.effects.cloud import Cloud, request_of
from shared.contracts.ganeti import Failure, JobObserved, JobStatus
from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import Operation
from shared.db.jobs import is_final, job_key
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.ids import derived
from shared.saga.definition import Notes, Wait

PENDING_PAUSE: Final = 0.5  # seconds until the gateway is asked again what became of it
NEWS_PAUSE: Final = 30.0  # seconds until a job is looked at without news of it


class Failed(Exception):
    """Ganeti did not do it."""

    def __init__(self, failure: Failure, text: str) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text


async def submit(
    cloud: Cloud, notes: Notes, cluster: str, operation: Operation, *parts: object
) -> Notes:
    """Submit work; return notes that name its job, or no job when nothing had to be done.

    Args:
        cloud: the world.
        notes: of the saga.
        cluster: where.
        operation: what.
        parts: tell this piece of work from others of the saga.

    Raises:
        Failed: Ganeti will never have a job for it.
        Wait: nobody knows yet.
    """
    key = derived(UUID(notes["saga_id"]), *parts)
    try:
        state = await cloud.gateway.submit(cluster, key, operation, request_of(notes))
    except NotFound as unknown:
        raise Failed(Failure.NOT_FOUND, unknown.message) from unknown
    if state.status is SubmissionStatus.REJECTED:
        raise Failed(state.failure or Failure.BAD_REQUEST, state.message)
    if state.status is SubmissionStatus.DONE:
        return {"job": None, AWAITS: None}
    if state.status is SubmissionStatus.PENDING or state.job_id is None:
        raise Wait(PENDING_PAUSE)
    return {
        "job": [cluster, state.epoch, state.job_id],
        AWAITS: job_key(cluster, state.epoch, state.job_id),
    }


async def await_job(cloud: Cloud, notes: Notes, pause: float = NEWS_PAUSE) -> JobObserved | None:
    """Return the successful end of the job in the notes; None when there was none.

    Raises:
        Failed: it ended otherwise.
        Wait: it has not ended.
    """
    if notes.get("job") is None:
        return None
    cluster, epoch, job_id = notes["job"]
    async with cloud.transaction() as stores:
        seen = await stores.jobs.expect(cluster, epoch, job_id)
    if seen is None or not is_final(seen):
        raise Wait(pause)
    if seen.status is JobStatus.SUCCESS:
        return seen
    if seen.error is not None:
        raise Failed(seen.error.failure, seen.error.text)
    raise Failed(Failure.UNKNOWN_OUTCOME, f"The job ended in {seen.status}.")
