"""Submissions on record. Every write that follows a decision is fenced by the attempt it is of."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.submission import Intent, Submission
from services.rapi_gateway.store.tables import clusters, leases, submissions
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import ClusterState, SubmissionStatus

PENDING = SubmissionStatus.PENDING.value
WORTH_WAITING_FOR = sa.text("interval '1 day'")  # nobody waits for jobs older than this


class SubmissionStore:
    """Submissions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, intent: Intent, sealed: str | None) -> bool:
        """Put an intent on record; False when its key is there already."""
        added = await self._connection.execute(
            insert(submissions)
            .values(
                cluster=intent.cluster,
                key=intent.key,
                target=intent.target,
                operation=intent.operation,
                fingerprint=intent.fingerprint,
                request_id=intent.request_id,
                sealed=sealed,
            )
            .on_conflict_do_nothing()
        )
        return added.rowcount == 1

    async def find(self, cluster: str, key: UUID) -> Submission | None:
        """Return a submission, or None."""
        row = (
            await self._connection.execute(
                _select().where(submissions.c.cluster == cluster, submissions.c.key == key)
            )
        ).one_or_none()
        return None if row is None else _submission(row)

    async def heads(
        self, names: Collection[str], busy: Collection[tuple[str, str]], limit: int
    ) -> list[Submission]:
        """Return the pending submissions that come next, one per target.

        Args:
            names: clusters to look at.
            busy: (cluster, target) pairs that are being worked on.
            limit: how many at most.
        """
        first = (
            sa.select(submissions.c.cluster, submissions.c.key, submissions.c.due_at)
            .ext(distinct_on(submissions.c.cluster, submissions.c.target))
            .where(submissions.c.status == PENDING, submissions.c.cluster.in_(names))
            .order_by(submissions.c.cluster, submissions.c.target, submissions.c.arrival)
        )
        if busy:
            pair = sa.tuple_(submissions.c.cluster, submissions.c.target)
            first = first.where(pair.not_in(list(busy)))
        head = first.subquery()
        rows = await self._connection.execute(
            _select()
            .join(
                head,
                (submissions.c.cluster == head.c.cluster) & (submissions.c.key == head.c.key),
            )
            .where(head.c.due_at <= sa.func.now())
            .order_by(submissions.c.arrival)
            .limit(limit)
        )
        return [_submission(row) for row in rows]

    async def claim(
        self, row: Submission, owner: UUID, hwm: int, *, states: Collection[ClusterState]
    ) -> Submission | None:
        """Write down that the submission is being sent; None when that is not ours to do.

        Only one process passes here per attempt, and only while it holds the cluster's lease.

        Args:
            row: what is to be sent.
            owner: who sends it.
            hwm: the highest job id known now.
            states: in which the cluster must be, whatever it was when we looked.
        """
        lease = sa.exists().where(
            leases.c.cluster == row.cluster,
            leases.c.owner == owner,
            leases.c.until > sa.func.now(),
        )
        open_ = sa.exists().where(
            clusters.c.name == row.cluster, clusters.c.state.in_([str(each) for each in states])
        )
        epoch = sa.select(clusters.c.document["epoch"].as_integer()).where(
            clusters.c.name == row.cluster
        )
        found = await self._connection.execute(
            self._change(row)
            .where(submissions.c.sending_at.is_(None), lease, open_)
            .values(
                sending_at=sa.func.clock_timestamp(),
                attempts=row.attempts + 1,
                tries=0,
                hwm_before=hwm,
                epoch=epoch.scalar_subquery(),
                message="",
            )
            .returning(*submissions.c, _sent_for())
        )
        claimed = found.one_or_none()
        return None if claimed is None else _submission(claimed)

    async def finish(
        self,
        row: Submission,
        status: SubmissionStatus,
        *,
        epoch: int = 0,
        job_id: int | None = None,
        failure: Failure | None = None,
        message: str = "",
    ) -> None:
        """Write down what became of a submission; its secrets go."""
        await self._connection.execute(
            self._change(row).values(
                status=status.value,
                epoch=epoch,
                job_id=job_id,
                failure=failure,
                message=message,
                sealed=None,
                ended_at=sa.func.now(),
            )
        )

    async def postpone(
        self, row: Submission, seconds: float, message: str, *, unsent: bool = False
    ) -> None:
        """Look at a submission again later.

        Args:
            row: the submission.
            seconds: how much later.
            message: what holds it up, for administrators.
            unsent: it is certain that Ganeti has not heard of it.
        """
        values: dict[str, Any] = {
            "due_at": sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds),
            "tries": row.tries + 1,
            "message": message,
        }
        if unsent:
            values["sending_at"] = None
        await self._connection.execute(self._change(row).values(values))

    async def hurry(self, cluster: str) -> None:
        """Look at what is pending for a cluster now: it answers again."""
        await self._connection.execute(
            sa.update(submissions)
            .where(
                submissions.c.cluster == cluster,
                submissions.c.status == PENDING,
                submissions.c.due_at > sa.func.now(),
            )
            .values(due_at=sa.func.now(), tries=0)
        )

    async def job_before(self, row: Submission) -> tuple[UUID, int] | None:
        """Return (key, job) of the target's submission before this one, if it may still run."""
        found = await self._connection.execute(
            sa.select(submissions.c.key, submissions.c.job_id)
            .where(
                submissions.c.cluster == row.cluster,
                submissions.c.target == row.target,
                submissions.c.arrival < row.arrival,
                submissions.c.job_id.is_not(None),
                ~submissions.c.job_ended,
                submissions.c.ended_at > sa.func.now() - WORTH_WAITING_FOR,
                submissions.c.epoch
                == sa.select(clusters.c.document["epoch"].as_integer())
                .where(clusters.c.name == row.cluster)
                .scalar_subquery(),
            )
            .order_by(submissions.c.arrival.desc())
            .limit(1)
        )
        last = found.one_or_none()
        return None if last is None else (last.key, last.job_id)

    async def job_ended(self, cluster: str, key: UUID) -> None:
        """Write down that nobody needs to wait for a submission's job any more."""
        await self._connection.execute(
            sa.update(submissions)
            .where(submissions.c.cluster == cluster, submissions.c.key == key)
            .values(job_ended=True)
        )

    async def give_up_on(self, cluster: str) -> None:
        """Reject everything that is pending for a cluster that is being removed."""
        sent = submissions.c.sending_at.is_not(None)
        await self._connection.execute(
            sa.update(submissions)
            .where(submissions.c.cluster == cluster, submissions.c.status == PENDING)
            .values(
                status=SubmissionStatus.REJECTED.value,
                failure=sa.case(
                    (sent, Failure.UNKNOWN_OUTCOME.value), else_=Failure.UNREACHABLE.value
                ),
                message="The cluster was removed.",
                sealed=None,
                ended_at=sa.func.now(),
            )
        )

    async def forget(self, days: int, limit: int = 1000) -> int:
        """Drop submissions that ended so many days ago; return how many went."""
        old = (
            sa.select(submissions.c.arrival)
            .where(submissions.c.ended_at < sa.func.now() - sa.text(f"interval '{int(days)} days'"))
            .limit(limit)
        )
        gone = await self._connection.execute(
            sa.delete(submissions).where(submissions.c.arrival.in_(old))
        )
        return gone.rowcount

    def _change(self, row: Submission) -> sa.Update:
        return sa.update(submissions).where(
            submissions.c.cluster == row.cluster,
            submissions.c.key == row.key,
            submissions.c.status == PENDING,
            submissions.c.attempts == row.attempts,
        )


def _sent_for() -> sa.Label[Any]:
    passed = sa.func.clock_timestamp() - submissions.c.sending_at
    return sa.func.coalesce(sa.extract("epoch", passed), 0.0).label("sent_for")


def _select() -> sa.Select[Any]:
    return sa.select(submissions, _sent_for())


def _submission(row: sa.Row[Any]) -> Submission:
    return Submission(
        cluster=row.cluster,
        key=row.key,
        arrival=row.arrival,
        target=row.target,
        operation=row.operation,
        fingerprint=row.fingerprint,
        request_id=row.request_id,
        status=SubmissionStatus(row.status),
        attempts=row.attempts,
        tries=row.tries,
        epoch=row.epoch,
        created_at=row.created_at,
        sending_at=row.sending_at,
        sent_for=float(row.sent_for),
        hwm_before=row.hwm_before,
        job_id=row.job_id,
        failure=Failure(row.failure) if row.failure else None,
        message=row.message,
        sealed=row.sealed,
    )
