"""Cursors: how far each cluster has been followed, written by whoever can prove its lease."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.domain.cursor import Cursor, OpenJob
from services.ganeti_watcher.store.tables import clusters, open_jobs
from shared.errors import StaleWrite

# One round trip, and no statement whose number of parameters grows with the number of jobs.
SAVE: Final = sa.text("""
WITH mine AS (
    UPDATE clusters SET epoch = :epoch, high = :high, anchor = :anchor, looked_at = now(),
        told_at = CASE WHEN :told THEN now() ELSE told_at END,
        lag = coalesce(:lag, lag), behind = :behind
    WHERE name = :cluster AND fence = :fence RETURNING name
), gone AS (
    DELETE FROM open_jobs o USING mine,
        unnest(CAST(:gone_epochs AS integer[]), CAST(:gone_ids AS bigint[])) AS g (epoch, job_id)
    WHERE o.cluster = mine.name AND o.epoch = g.epoch AND o.job_id = g.job_id
), kept AS (
    INSERT INTO open_jobs (cluster, epoch, job_id, rank, received, key)
    SELECT mine.name, k.* FROM mine, unnest(
        CAST(:epochs AS integer[]), CAST(:ids AS bigint[]), CAST(:ranks AS smallint[]),
        CAST(:received AS double precision[]), CAST(:keys AS text[])
    ) AS k
    ON CONFLICT (cluster, epoch, job_id) DO UPDATE
        SET rank = excluded.rank, received = excluded.received, key = excluded.key
)
SELECT count(*) FROM mine
""").bindparams(
    sa.bindparam("anchor", type_=sa.Float),
    sa.bindparam("lag", type_=sa.Float),
    sa.bindparam("told", type_=sa.Boolean),
    sa.bindparam("behind", type_=sa.BigInteger),
)


class CursorStore:
    """The cursors, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def load(self, cluster: str, uuid: str = "") -> Cursor | None:
        """Return the cursor of a cluster; None before its first look.

        Args:
            cluster: which.
            uuid: Ganeti's; the cursor of another cluster that had the name is none.
        """
        row = (
            await self._connection.execute(sa.select(clusters).where(clusters.c.name == cluster))
        ).one_or_none()
        if row is None or row.epoch == 0:
            return None
        if uuid and row.uuid not in (None, uuid):
            return None
        jobs = await self._connection.execute(
            sa.select(open_jobs).where(open_jobs.c.cluster == cluster)
        )
        found = [
            OpenJob(
                job_id=job.job_id,
                epoch=job.epoch,
                rank=job.rank,
                received=job.received,
                key=job.key,
            )
            for job in jobs
        ]
        return Cursor(
            epoch=row.epoch,
            high=row.high,
            anchor=row.anchor,
            open={job.place: job for job in found},
        )

    async def save(
        self,
        cluster: str,
        before: Cursor | None,
        after: Cursor,
        fence: int,
        *,
        told: bool = False,
        lag: float | None = None,
        behind: int = 0,
    ) -> None:
        """Write the cursor, if this replica still holds the cluster.

        Args:
            cluster: which.
            before: what is stored; only the difference is written.
            after: what is to be stored.
            fence: proof of the lease.
            told: whether facts go with it.
            lag: seconds from a job's end to now, where one ended.
            behind: ids known to be there that were not looked at yet.

        Raises:
            StaleWrite: another replica has taken the cluster over.
        """
        old = before.open if before else {}
        gone = [place for place in old if place not in after.open]
        new = [job for place, job in after.open.items() if _differs(old.get(place), job)]
        values: dict[str, Any] = {
            "cluster": cluster,
            "fence": fence,
            "epoch": after.epoch,
            "high": after.high,
            "anchor": after.anchor,
            "told": told,
            "lag": lag,
            "behind": behind,
            "gone_epochs": [epoch for epoch, _job_id in gone],
            "gone_ids": [job_id for _epoch, job_id in gone],
            "epochs": [job.epoch for job in new],
            "ids": [job.job_id for job in new],
            "ranks": [job.rank for job in new],
            "received": [job.received for job in new],
            "keys": [job.key for job in new],
        }
        written = await self._connection.execute(SAVE, values)
        if written.scalar_one() != 1:
            raise StaleWrite(f"Another watcher has taken over cluster {cluster}.")

    async def prove(
        self,
        cluster: str,
        fence: int,
        *,
        told: bool = False,
        figures: tuple[int, int] | None = None,
    ) -> None:
        """Make sure that this replica still holds the cluster, for the rest of the transaction.

        Args:
            cluster: which.
            fence: proof of the lease.
            told: whether facts are told.
            figures: drift and trouble of a look at all instances.

        Raises:
            StaleWrite: another replica has taken the cluster over.
        """
        values: dict[str, Any] = {"told_at": sa.func.now()} if told else {}
        if figures is not None:
            values |= {"drift": figures[0], "trouble": figures[1]}
        result = await self._connection.execute(
            sa.update(clusters)
            .where(clusters.c.name == cluster, clusters.c.fence == fence)
            .values(values or {"fence": fence})
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Another watcher has taken over cluster {cluster}.")

    async def start_over(self, cluster: str, uuid: str, fence: int) -> None:
        """Forget what was followed of another cluster that had this name, and note whose it is.

        Args:
            cluster: which.
            uuid: Ganeti's, now.
            fence: proof of the lease.
        """
        taken = await self._connection.execute(
            sa.update(clusters)
            .where(clusters.c.name == cluster, clusters.c.fence == fence)
            .where(clusters.c.uuid.is_distinct_from(uuid))
            .values(
                uuid=uuid,
                epoch=sa.case((clusters.c.uuid.is_(None), clusters.c.epoch), else_=0),
                anchor=sa.case((clusters.c.uuid.is_(None), clusters.c.anchor)),
            )
            .returning(clusters.c.epoch)
        )
        if taken.scalar_one_or_none() == 0:
            await self._connection.execute(
                sa.delete(open_jobs).where(open_jobs.c.cluster == cluster)
            )


def _differs(before: OpenJob | None, job: OpenJob) -> bool:
    return before is None or (before.rank, before.received) != (job.rank, job.received)
