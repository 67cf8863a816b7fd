"""What the sagas of this service work on: Ganeti through the gateway, and our own ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from services.network.domain.binding import NetworkLink
from services.network.usecases.realisation import Blueprint
from shared.clock import utcnow
from shared.contracts.ganeti import Failure, JobObserved, JobStatus
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.contracts.operations import Operation
from shared.db.jobs import job_key
from shared.errors import NotFound
from shared.ids import derived
from shared.saga.definition import GiveUp, Notes, Rewind, Wait

# Failures that pass: the same again, later.
PASSING: Final = frozenset(
    {
        Failure.BUSY,
        Failure.MAINTENANCE,
        Failure.UNREACHABLE,
        Failure.UNKNOWN_OUTCOME,
        Failure.CANCELED,
    }
)
ROUNDS: Final = 5  # how often a passing failure may come before it counts as lasting
LONGEST_PAUSE: Final = 300.0  # seconds between rounds


class Gateway(Protocol):
    """Whoever makes Ganeti do things."""

    async def submit(
        self, cluster: str, key: UUID, operation: Operation, request_id: str | None = None
    ) -> SubmissionState:
        """Have the effect, once per key."""


class Records(Protocol):
    """What sagas read and write; see ``usecases.realisation.Ledger``."""

    async def blueprint(self, subnet_id: UUID, cluster: str) -> Blueprint | None:
        """Return what the subnet shall be on the cluster."""

    async def groups(self, cluster: str) -> tuple[str, ...] | None:
        """Return the cluster's node groups."""

    async def job(self, cluster: str, epoch: int, job_id: int) -> JobObserved | None:
        """Return how the job ended."""

    async def ready(
        self, subnet_id: UUID, cluster: str, groups: Sequence[str], link: NetworkLink
    ) -> None:
        """Write that the subnet is there."""

    async def failed(self, subnet_id: UUID, cluster: str) -> None:
        """Write that the subnet cannot be there."""

    async def forget(self, subnet_id: UUID, cluster: str) -> None:
        """Write that no trace is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The world of this service's sagas."""

    gateway: Gateway
    records: Records
    prefix: str

    def name_of(self, notes: Notes) -> str:
        """Return the name of the Ganeti network a saga is about."""
        return f"{self.prefix}{notes['subnet_id']}"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission: a job to wait for, a failure, or neither (all is done)."""

    job: tuple[str, int, int] | None = None
    failure: Failure | None = None


async def submit(cloud: Cloud, notes: Notes, label: str, operation: Operation) -> Submitted:
    """Have a job for the operation; repeated, it is the same job.

    Args:
        cloud: the world.
        notes: of the saga.
        label: tells this submission from the saga's others.
        operation: what to do.

    Raises:
        Wait: the gateway does not know yet.
    """
    key = derived(UUID(notes["saga_id"]), label, notes.get("round", 0))
    try:
        state = await cloud.gateway.submit(
            notes["cluster"], key, operation, notes.get("request_id")
        )
    except NotFound:
        return Submitted(failure=Failure.NOT_FOUND)
    match state.status:
        case SubmissionStatus.PENDING:
            raise Wait(1)
        case SubmissionStatus.REJECTED:
            return Submitted(failure=state.failure or Failure.BAD_REQUEST)
        case SubmissionStatus.ACCEPTED if state.job_id is not None:
            return Submitted(job=(state.cluster, state.epoch, state.job_id))
    return Submitted()


def awaiting(jobs: Sequence[tuple[str, int, int]]) -> Notes:
    """Return the notes that make a saga wait for jobs; news of the last wakes it."""
    return {
        "jobs": [list(job) for job in jobs],
        "awaits": job_key(*jobs[-1]) if jobs else None,
    }


async def outcome(cloud: Cloud, job: Sequence[Any]) -> Failure | None:
    """Return why the job failed; None when it succeeded.

    Raises:
        Wait: it has not ended.
    """
    cluster, epoch, job_id = job
    ended = await cloud.records.job(str(cluster), int(epoch), int(job_id))
    if ended is None:
        raise Wait(15)
    if ended.status is JobStatus.SUCCESS:
        return None
    if ended.status is not JobStatus.ERROR or ended.error is None:
        return Failure.UNKNOWN_OUTCOME
    return ended.error.failure


def try_again_from(step: str, notes: Notes, failure: Failure, *, rounds: int = ROUNDS) -> None:
    """Go back to a step, some time from now, if the failure may pass.

    Raises:
        Rewind: it may.
        GiveUp: it will not, or did not in so many rounds.
    """
    done = int(notes.get("round", 0)) + 1
    if failure not in PASSING or done >= rounds:
        raise GiveUp(f"{failure} at {step}")
    pause = timedelta(seconds=min(2.0**done, LONGEST_PAUSE))
    raise Rewind(step, {"round": done, "not_before": (utcnow() + pause).isoformat()})


def keep_pause(notes: Notes) -> None:
    """Let the pause pass that ``try_again_from`` ordered.

    Raises:
        Wait: it has not.
    """
    if (moment := notes.get("not_before")) is not None:
        left = (datetime.fromisoformat(moment) - utcnow()).total_seconds()
        if left > 0:
            raise Wait(left)
