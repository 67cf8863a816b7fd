"""How well each cluster is followed, as its holder says; every change of it is news."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.domain.watching import Standing
from shared.contracts.ganeti import WatchChanged, WatchState

WRITE: Final = sa.text("""
UPDATE clusters c SET state = s.state, reason = s.reason,
    state_sequence = c.state_sequence + CASE WHEN c.state = s.state THEN 0 ELSE 1 END,
    looked_at = greatest(c.looked_at, now() - make_interval(secs => s.ago)),
    hinted_at = greatest(c.hinted_at, now() - make_interval(secs => s.hinted))
FROM (
    SELECT c.name, c.state AS before, w.* FROM clusters c, unnest(
        CAST(:names AS text[]), CAST(:fences AS bigint[]), CAST(:states AS text[]),
        CAST(:reasons AS text[]), CAST(:ago AS double precision[]),
        CAST(:hinted AS double precision[])
    ) AS w (cluster, fence, state, reason, ago, hinted)
    WHERE c.name = w.cluster AND c.fence = w.fence
) AS s
WHERE c.name = s.name
RETURNING c.name, c.state, c.state_sequence, c.reason, c.lag, c.behind, c.drift,
    extract(epoch FROM c.told_at)::float8 AS told_at, s.before IS DISTINCT FROM c.state AS changed
""")


class StateStore:
    """The standing of clusters, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def write(
        self, standings: Mapping[str, Standing], fences: Mapping[str, int]
    ) -> list[WatchChanged]:
        """Write how clusters are followed; return what is news.

        Args:
            standings: by cluster.
            fences: proof of the leases.
        """
        names = sorted(standings.keys() & fences.keys())
        if not names:
            return []
        rows = await self._connection.execute(
            WRITE,
            {
                "names": names,
                "fences": [fences[name] for name in names],
                "states": [str(standings[name].state) for name in names],
                "reasons": [standings[name].reason for name in names],
                "ago": [standings[name].looked_ago for name in names],
                "hinted": [standings[name].hinted_ago for name in names],
            },
        )
        return [
            WatchChanged(
                cluster=row.name,
                sequence=row.state_sequence,
                state=WatchState(row.state),
                reason=row.reason or "",
                lag_seconds=row.lag,
                behind_jobs=row.behind or 0,
                drift=row.drift,
                last_fact_at=row.told_at,
            )
            for row in rows
            if row.changed
        ]
