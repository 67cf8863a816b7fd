"""A service's projection of Ganeti's jobs: what the watcher said of each."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from shared.contracts.ganeti import RANK, JobObserved, JobStatus
from shared.db.columnwise import columns_of, insert_columns
from shared.db.lean import Connection
from shared.db.prepared import Prepared


def jobs_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of jobs to one service's metadata."""
    return sa.Table(
        "jobs",
        metadata,
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("job_id", sa.BigInteger, primary_key=True),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("fact", JSONB),  # the last JobObserved; null while only expected
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Index("jobs_seen_at", "seen_at"),
    )


def job_key(cluster: str, epoch: int, job_id: int) -> str:
    """Return the text a saga waits on for a job (``sagas.awaiting``)."""
    return f"job:{cluster}:{epoch}:{job_id}"


@lru_cache(maxsize=100)
def _recording(jobs: sa.Table) -> Prepared:
    """Return the statement that takes in news of jobs and tells which of it was new."""
    new = insert_columns(jobs, ("cluster", "epoch", "job_id", "rank", "fact"))
    keys = [jobs.c.cluster, jobs.c.epoch, jobs.c.job_id]
    taken = new.on_conflict_do_update(
        index_elements=keys,
        set_={
            "rank": new.excluded.rank,
            "fact": new.excluded.fact,
            "seen_at": sa.func.now(),
        },
        where=jobs.c.rank < new.excluded.rank,
    )
    return Prepared(taken.returning(*keys))


@lru_cache(maxsize=100)
def _expecting(jobs: sa.Table) -> Prepared:
    """Return the statement that touches a job's row and returns the news of it."""
    new = insert(jobs).values(
        cluster=sa.bindparam("where"),
        epoch=sa.bindparam("history"),
        job_id=sa.bindparam("number"),
        rank=-1,
    )
    keys = [jobs.c.cluster, jobs.c.epoch, jobs.c.job_id]
    touched = new.on_conflict_do_update(index_elements=keys, set_={"rank": jobs.c.rank})
    return Prepared(touched.returning(jobs.c.fact), by_itself=True)


class JobStore:
    """The projection of jobs, inside one transaction."""

    def __init__(self, connection: Connection, table: sa.Table) -> None:
        self._connection = connection
        self._jobs = table

    async def record(self, facts: Sequence[JobObserved]) -> list[str]:
        """Take in news of jobs; return the keys of those that are news indeed.

        A final status is never overwritten and an earlier one never beats a later one: rank
        decides, not the order of arrival.
        """
        best: dict[tuple[str, int, int], JobObserved] = {}
        for fact in facts:
            key = (fact.cluster, fact.epoch, fact.job_id)
            if key not in best or RANK[fact.status] > RANK[best[key].status]:
                best[key] = fact
        if not best:
            return []
        rows: list[dict[str, Any]] = [
            {
                "cluster": cluster,
                "epoch": epoch,
                "job_id": job_id,
                "rank": RANK[fact.status],
                "fact": fact.model_dump(mode="json"),
            }
            for (cluster, epoch, job_id), fact in sorted(best.items())
        ]
        taken = await _recording(self._jobs).rows(self._connection, **columns_of(rows))
        return [job_key(*row) for row in taken]

    async def expect(self, cluster: str, epoch: int, job_id: int) -> JobObserved | None:
        """Return the last news of a job, or None; waits for news that is being written.

        The row is touched even when nothing is known: whoever records news of the job at the
        same moment then either finished before, and is seen here, or comes after, and finds
        the saga that waits.
        """
        fact = await _expecting(self._jobs).value(
            self._connection, where=cluster, history=epoch, number=job_id
        )
        return None if fact is None else JobObserved.model_validate(fact)

    async def forget(self, days: int = 30, limit: int = 1000) -> int:
        """Drop jobs nobody heard of for so many days; return how many went."""
        jobs = self._jobs
        old = (
            sa.select(jobs.c.cluster, jobs.c.epoch, jobs.c.job_id)
            .where(jobs.c.seen_at < sa.func.now() - sa.text(f"interval '{int(days)} days'"))
            .limit(limit)
        )
        gone = await self._connection.execute(
            sa.delete(jobs).where(sa.tuple_(jobs.c.cluster, jobs.c.epoch, jobs.c.job_id).in_(old))
        )
        return gone.rowcount


def is_final(fact: JobObserved | None) -> bool:
    """Whether the news says that the job has ended."""
    return fact is not None and RANK[fact.status] == RANK[JobStatus.SUCCESS]
