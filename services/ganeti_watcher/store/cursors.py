"""Cursors and leases: one replica watches a cluster at a time, and can prove it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.domain.cursor import Cursor, OpenJob
from services.ganeti_watcher.store.tables import clusters, open_jobs
from shared.errors import StaleWrite

LEASE: Final = timedelta(seconds=15)


class CursorStore:
    """The cursors, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lease(self, cluster: str, owner: str) -> int | None:
        """Take or renew the lease of a cluster; its fence, or None when another holds it.

        Args:
            cluster: which.
            owner: this replica.
        """
        until = sa.func.now() + LEASE
        new = insert(clusters).values(
            name=cluster, epoch=0, high=0, owner=owner, fence=1, leased_until=until
        )
        free = sa.or_(
            clusters.c.owner == owner,
            clusters.c.leased_until.is_(None),
            clusters.c.leased_until < sa.func.now(),
        )
        taken = await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[clusters.c.name],
                set_={
                    "owner": owner,
                    "leased_until": until,
                    "fence": clusters.c.fence + sa.case((clusters.c.owner == owner, 0), else_=1),
                },
                where=free,
            ).returning(clusters.c.fence)
        )
        fence: int | None = taken.scalar_one_or_none()
        return fence

    async def release(self, cluster: str, owner: str) -> None:
        """Give the lease back, so that another replica need not wait for it to run out."""
        await self._connection.execute(
            sa.update(clusters)
            .where(clusters.c.name == cluster, clusters.c.owner == owner)
            .values(leased_until=None, owner=None)
        )

    async def load(self, cluster: str) -> Cursor | None:
        """Return the cursor of a cluster; None before its first look."""
        row = (
            await self._connection.execute(sa.select(clusters).where(clusters.c.name == cluster))
        ).one_or_none()
        if row is None or row.epoch == 0:
            return None
        jobs = await self._connection.execute(
            sa.select(open_jobs).where(open_jobs.c.cluster == cluster)
        )
        return Cursor(
            epoch=row.epoch,
            high=row.high,
            open={
                job.job_id: OpenJob(
                    job_id=job.job_id, epoch=job.epoch, rank=job.rank, received=job.received
                )
                for job in jobs
            },
        )

    async def save(self, cluster: str, before: Cursor | None, after: Cursor, fence: int) -> None:
        """Write the cursor, if this replica still holds the cluster.

        Args:
            cluster: which.
            before: what is stored; only the difference is written.
            after: what is to be stored.
            fence: proof of the lease.

        Raises:
            StaleWrite: another replica has taken the cluster over.
        """
        result = await self._connection.execute(
            sa.update(clusters)
            .where(clusters.c.name == cluster, clusters.c.fence == fence)
            .values(epoch=after.epoch, high=after.high, looked_at=sa.func.now())
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Another watcher has taken over cluster {cluster}.")
        old: Mapping[int, OpenJob] = before.open if before else {}
        if gone := [job_id for job_id in old if job_id not in after.open]:
            await self._connection.execute(
                sa.delete(open_jobs).where(
                    open_jobs.c.cluster == cluster, open_jobs.c.job_id.in_(gone)
                )
            )
        if changed := [_row(cluster, job) for job in after.open.values() if _differs(old, job)]:
            new = insert(open_jobs).values(changed)
            await self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[open_jobs.c.cluster, open_jobs.c.job_id],
                    set_={name: new.excluded[name] for name in ("epoch", "rank", "received")},
                )
            )

    async def forget(self, cluster: str) -> None:
        """Drop all that is known of a cluster that was removed."""
        for table in (open_jobs, clusters):
            column = table.c.name if table is clusters else table.c.cluster
            await self._connection.execute(sa.delete(table).where(column == cluster))


def _differs(old: Mapping[int, OpenJob], job: OpenJob) -> bool:
    before = old.get(job.job_id)
    return before is None or (before.rank, before.epoch) != (job.rank, job.epoch)


def _row(cluster: str, job: OpenJob) -> dict[str, Any]:
    return {
        "cluster": cluster,
        "job_id": job.job_id,
        "epoch": job.epoch,
        "rank": job.rank,
        "received": job.received,
    }
