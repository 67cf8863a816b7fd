"""What is pending for the clusters: which submission comes next, and how long the queues are."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.store.rows import (
    IS_PENDING,
    epoch_of,
    select_submissions,
    submission_of,
    texts,
)
from services.rapi_gateway.store.tables import submissions

CREATE = "instance.create"
WORTH_WAITING_FOR = sa.text("interval '1 day'")  # nobody waits for jobs older than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much waits for one cluster."""

    cluster: str
    pending: int = 0
    in_doubt: int = 0  # of these: sent, and nobody knows yet what became of it
    oldest: float = 0.0  # seconds the first of them has waited


class QueueStore:
    """Pending submissions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def heads(
        self,
        names: Collection[str],
        busy: Collection[tuple[str, str]],
        closed: Collection[str],
        limit: int,
    ) -> list[Submission]:
        """Return the pending submissions that come next, one per target, urgent ones first.

        Each knows the job its target's last submission has become, if that may still run.

        Args:
            names: clusters to look at.
            busy: (cluster, target) pairs that are being worked on.
            closed: clusters that take no jobs now: of them only what was sent already.
            limit: how many at most.
        """
        first = (
            sa.select(
                submissions.c.cluster,
                submissions.c.target,
                submissions.c.key,
                submissions.c.due_at,
                submissions.c.sending_at,
            )
            .ext(distinct_on(submissions.c.cluster, submissions.c.target))
            .where(IS_PENDING, submissions.c.cluster == sa.any_(texts(names)))
            .order_by(submissions.c.cluster, submissions.c.target, submissions.c.arrival)
        )
        head = first.subquery()
        taken = (
            sa.func.unnest(texts(each[0] for each in busy), texts(each[1] for each in busy))
            .table_valued("cluster", "target", name="taken")
            .render_derived()
        )
        before = _job_before()
        rows = await self._connection.execute(
            select_submissions()
            .add_columns(before.c.before_key, before.c.before_job)
            .join(
                head,
                (submissions.c.cluster == head.c.cluster) & (submissions.c.key == head.c.key),
            )
            .outerjoin(before, sa.true())
            .where(
                head.c.due_at <= sa.func.now(),
                head.c.sending_at.is_not(None) | (head.c.cluster != sa.all_(texts(closed))),
                ~sa.exists().where(
                    taken.c.cluster == head.c.cluster, taken.c.target == head.c.target
                ),
            )
            .order_by(_is_create(), submissions.c.arrival)
            .limit(limit)
        )
        return [
            replace(
                submission_of(row),
                before=None if row.before_key is None else (row.before_key, row.before_job),
            )
            for row in rows
        ]

    async def depths(self) -> list[Depth]:
        """Return how much waits for each cluster, where anything does."""
        c = submissions.c
        on_its_way = c.sending_at.is_not(None)
        rows = await self._connection.execute(
            sa.select(
                c.cluster,
                sa.func.count().label("pending"),
                sa.func.count().filter(on_its_way).label("in_doubt"),
                sa.extract("epoch", sa.func.now() - sa.func.min(c.created_at)).label("oldest"),
            )
            .where(IS_PENDING)
            .group_by(c.cluster)
        )
        return [
            Depth(
                cluster=row.cluster,
                pending=row.pending,
                in_doubt=row.in_doubt,
                oldest=float(row.oldest),
            )
            for row in rows
        ]


def _is_create() -> Any:
    return submissions.c.operation["operation"].as_string() == CREATE


def _job_before() -> Any:
    """Return (key, job) of the target's submission before one, if it may still run."""
    older = submissions.alias("older")
    return (
        sa.select(older.c.key.label("before_key"), older.c.job_id.label("before_job"))
        .where(
            older.c.cluster == submissions.c.cluster,
            older.c.target == submissions.c.target,
            older.c.arrival < submissions.c.arrival,
            older.c.job_id.is_not(None),
            ~older.c.job_ended,
            older.c.ended_at > sa.func.now() - WORTH_WAITING_FOR,
            older.c.epoch == epoch_of(older.c.cluster),
        )
        .order_by(older.c.arrival.desc())
        .limit(1)
        .lateral("before")
    )
