"""Submits work to Ganeti and waits for its end, once per saga and attempt."""

from typing import Any, Final
from uuid import UUID

from services.compute.domain.outcomes import JOB_FAILED
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.usecases import jobs
from services.compute.usecases.jobs import Submitted
from shared.contracts.ganeti import Failure, JobObserved, JobStatus
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.contracts.operations import Operation
from shared.db.jobs import job_key
from shared.db.sagas import AWAITS
from shared.ids import derived
from shared.saga.definition import Notes, Wait

OPCODES: Final = {
    "instance.create": "OP_INSTANCE_CREATE",
    "instance.delete": "OP_INSTANCE_REMOVE",
    "instance.start": "OP_INSTANCE_STARTUP",
    "instance.stop": "OP_INSTANCE_SHUTDOWN",
    "instance.reboot": "OP_INSTANCE_REBOOT",
    "instance.configure": "OP_INSTANCE_SET_PARAMS",
    "instance.tag": "OP_TAGS_SET",
    "instance.untag": "OP_TAGS_DEL",
    "instance.reinstall": "OP_INSTANCE_REINSTALL",
    "instance.export": "OP_BACKUP_EXPORT",
    "instance.migrate": "OP_INSTANCE_MIGRATE",
    "instance.failover": "OP_INSTANCE_FAILOVER",
    "disk.grow": "OP_INSTANCE_GROW_DISK",
    "disk.add": "OP_INSTANCE_SET_PARAMS",
    "disk.attach": "OP_INSTANCE_SET_PARAMS",
    "disk.detach": "OP_INSTANCE_SET_PARAMS",
    "disk.remove": "OP_INSTANCE_SET_PARAMS",
    "nic.add": "OP_INSTANCE_SET_PARAMS",
    "nic.remove": "OP_INSTANCE_SET_PARAMS",
    "nic.change": "OP_INSTANCE_SET_PARAMS",
}
PENDING_PAUSE: Final = 0.5  # seconds until the gateway is asked again what became of it
NEWS_PAUSE: Final = 30.0  # seconds until a job is looked at without news of it


class Failed(Exception):
    """Ganeti did not do it."""

    def __init__(self, failure: Failure, text: str, *, began: bool = True) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text
        self.began = began  # whether there was a job at all


def key_of(notes: Notes, *parts: object) -> UUID:
    """Return the key that always names this piece of work of this saga."""
    return derived(UUID(notes["saga_id"]), *parts)


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
    state = await cloud.gateway.submit(cluster, key_of(notes, *parts), operation, request_of(notes))
    match state.status:
        case SubmissionStatus.PENDING:
            raise Wait(PENDING_PAUSE)
        case SubmissionStatus.REJECTED:
            failure = state.failure or Failure.BAD_REQUEST
            raise Failed(failure, state.message, began=False)
        case SubmissionStatus.DONE:
            return {"job": None, AWAITS: None}
        case SubmissionStatus.ACCEPTED:
            return await _accepted(cloud, notes, cluster, operation, state)


async def _accepted(
    cloud: Cloud, notes: Notes, cluster: str, operation: Operation, state: SubmissionState
) -> Notes:
    if state.job_id is None:
        raise Wait(PENDING_PAUSE)
    job = [cluster, state.epoch, state.job_id]
    opcode = OPCODES[operation.operation]
    await jobs.begin(
        cloud.transaction, Submitted.of(subject_of(notes), request_of(notes), opcode, job)
    )
    return {"job": job, "opcode": opcode, AWAITS: job_key(cluster, state.epoch, state.job_id)}


async def await_job(cloud: Cloud, notes: Notes, pause: float = NEWS_PAUSE) -> JobObserved | None:
    """Return the successful end of the job in the notes; None when there was none.

    Raises:
        Failed: it ended otherwise.
        Wait: it has not ended.
    """
    if notes.get("job") is None:
        return None
    job = Submitted.of(subject_of(notes), request_of(notes), notes["opcode"], notes["job"])
    seen = await jobs.end(cloud.transaction, job)
    if seen is None:
        raise Wait(pause)
    if seen.status is JobStatus.SUCCESS:
        return seen
    raise Failed(*_why(seen))


def _why(seen: JobObserved) -> tuple[Failure, str]:
    if seen.error is not None:
        return seen.error.failure, seen.error.text
    return JOB_FAILED.get(seen.status, Failure.BAD_REQUEST), f"The job ended in {seen.status}."


def first_node(result: Any) -> str | None:
    """Return the first node named in a job's result: the primary one."""
    if isinstance(result, str):
        return result
    if isinstance(result, list):
        for each in result:
            if (found := first_node(each)) is not None:
                return found
    return None
