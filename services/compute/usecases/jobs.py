"""Ganeti's jobs as the instance actions of a server show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.compute.store.stores import Transaction
from shared.clock import micros, utcnow
from shared.contracts.ganeti import JobObserved, JobStatus
from shared.db.jobs import is_final


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A job that was submitted for a server's action."""

    server_id: UUID
    request_id: str | None
    cluster: str
    epoch: int
    job_id: int
    opcode: str  # OP_INSTANCE_CREATE

    @property
    def key(self) -> str:
        """What tells it from other jobs of the action."""
        return f"{self.cluster}:{self.epoch}:{self.job_id}"

    @classmethod
    def of(
        cls, server_id: UUID, request_id: str | None, opcode: str, job: Sequence[object]
    ) -> "Submitted":
        """Return the job from a saga's notes."""
        cluster, epoch, job_id = job
        return cls(
            server_id=server_id,
            request_id=request_id,
            cluster=str(cluster),
            epoch=int(str(epoch)),
            job_id=int(str(job_id)),
            opcode=opcode,
        )


async def begin(transaction: Transaction, job: Submitted) -> None:
    """Show that the job was submitted."""
    if job.request_id is None:
        return
    async with transaction() as stores:
        now = utcnow()
        event = {
            "key": job.key,
            "event": f"ganeti_{job.opcode}",
            "start_time": micros(now),
            "finish_time": None,
            "result": None,
            "details": None,
            "host": job.cluster,
        }
        await stores.actions.record_event(job.server_id, job.request_id, event, now)


async def end(transaction: Transaction, job: Submitted) -> JobObserved | None:
    """Return how the job ended, and show it; None while nobody knows."""
    async with transaction() as stores:
        seen = await stores.jobs.expect(job.cluster, job.epoch, job.job_id)
        if seen is None or not is_final(seen):
            return None
        if job.request_id is not None:
            succeeded = seen.status is JobStatus.SUCCESS
            now = utcnow()
            await stores.actions.finish_event(
                job.server_id,
                job.request_id,
                job.key,
                {
                    "finish_time": micros(now),
                    "result": "Success" if succeeded else "Error",
                    "details": seen.error.text if seen.error else None,
                },
                now,
            )
        return seen
