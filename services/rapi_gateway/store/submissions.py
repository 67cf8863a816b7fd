"""Submissions on record. Every write that follows a decision is fenced by the attempt it is of."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.submission import Intent, Submission
from services.rapi_gateway.store.rows import IS_PENDING, submission_of
from services.rapi_gateway.store.statements import (
    ADD,
    CLAIM,
    FIND,
    FINISH,
    POSTPONE,
    WITH_SECRETS,
    WITHDRAW,
)
from services.rapi_gateway.store.tables import submissions
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import AcceptedJob, ClusterState, SubmissionStatus


class SubmissionStore:
    """Submissions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, intent: Intent, sealed: str | None, most: int) -> Submission | None:
        """Put an intent on record; None when its key is there already, or it cannot be taken.

        Args:
            intent: what is wanted.
            sealed: its secrets.
            most: submissions that may be pending for the cluster, this one included.
        """
        row = await ADD.row(
            self._connection,
            at_cluster=intent.cluster,
            most=most,
            new_cluster=intent.cluster,
            new_key=intent.key,
            new_target=intent.target,
            new_operation=intent.operation,
            new_fingerprint=intent.fingerprint,
            new_request_id=intent.request_id,
            new_sealed=sealed,
        )
        return None if row is None else submission_of(row)

    async def find(self, cluster: str, key: UUID) -> Submission | None:
        """Return a submission, or None."""
        row = await FIND.row(self._connection, at_cluster=cluster, by_key=key)
        return None if row is None else submission_of(row)

    async def accepted(self, cluster: str, epoch: int, after: int) -> list[AcceptedJob]:
        """Return the jobs that submissions got in an epoch, from some id on."""
        rows = await self._connection.execute(
            sa.select(submissions.c.job_id, submissions.c.key)
            .where(submissions.c.cluster == cluster, submissions.c.epoch == epoch)
            .where(submissions.c.job_id > after)
            .order_by(submissions.c.job_id)
        )
        return [AcceptedJob(job_id=row.job_id, key=str(row.key)) for row in rows]

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
        claimed = await CLAIM.row(
            self._connection,
            **_attempt(row),
            owner=owner,
            open_states=[str(each) for each in states],
            hwm=hwm,
        )
        return None if claimed is None else submission_of(claimed)

    async def finish(
        self,
        row: Submission,
        status: SubmissionStatus,
        *,
        epoch: int | None = None,
        job_id: int | None = None,
        failure: Failure | None = None,
        message: str = "",
    ) -> Submission | None:
        """Write down what became of a submission, and return it; its secrets go.

        Args:
            row: the submission; None is returned when somebody else has finished it.
            status: what became of it.
            epoch: of the job; None: the cluster's own of now.
            job_id: the job, if there is one.
            failure: why there is none.
            message: the same, for people.
        """
        finished = await FINISH.row(
            self._connection,
            **_attempt(row),
            new_status=status.value,
            new_epoch=epoch,
            job=job_id,
            why=failure,
            words=message,
        )
        return None if finished is None else submission_of(finished)

    async def withdraw(self, cluster: str, key: UUID) -> Submission | None:
        """Take back what was not sent, and return it; None when it is too late for that."""
        row = await WITHDRAW.row(self._connection, at_cluster=cluster, by_key=key)
        return None if row is None else submission_of(row)

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
        await POSTPONE.count(
            self._connection, **_attempt(row), pause=float(seconds), words=message, unsent=unsent
        )

    async def with_secrets(self) -> list[Submission]:
        """Return the pending submissions that carry secrets, for as long as the block lasts."""
        rows = await WITH_SECRETS.rows(self._connection)
        return [submission_of(row) for row in rows]

    async def reseal(self, row: Submission, sealed: str) -> None:
        """Write a submission's secrets, sealed with another key."""
        await self._connection.execute(
            sa.update(submissions)
            .where(submissions.c.cluster == row.cluster, submissions.c.key == row.key)
            .values(sealed=sealed)
        )

    async def hurry(self, cluster: str) -> None:
        """Look at what is pending for a cluster now: it answers again."""
        await self._connection.execute(
            sa.update(submissions)
            .where(
                submissions.c.cluster == cluster,
                IS_PENDING,
                submissions.c.due_at > sa.func.now(),
            )
            .values(due_at=sa.func.now(), tries=0)
        )

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
            .where(submissions.c.cluster == cluster, IS_PENDING)
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


def _attempt(row: Submission) -> dict[str, Any]:
    """Return what a write must find unchanged: another attempt is another's."""
    return {"at_cluster": row.cluster, "by_key": row.key, "attempt": row.attempts}
