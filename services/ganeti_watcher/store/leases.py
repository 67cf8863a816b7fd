"""Leases: one replica watches a cluster at a time, can prove it, and leaves others their share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.store.tables import clusters, replicas

LEASE: Final = timedelta(seconds=15)  # by the database's clock, nobody else's

RENEW: Final = sa.text("""
UPDATE clusters SET leased_until = now() + CAST(:lease AS interval)
WHERE owner = :owner AND name = ANY(CAST(:wanted AS text[])) RETURNING name, fence
""")
ADD: Final = sa.text("""
INSERT INTO clusters (name, epoch, high)
SELECT w, 0, 0 FROM unnest(CAST(:wanted AS text[])) AS w ON CONFLICT (name) DO NOTHING
""")
CLAIM: Final = sa.text("""
WITH free AS (
    SELECT name FROM clusters
    WHERE name = ANY(CAST(:wanted AS text[])) AND (leased_until IS NULL OR leased_until < now())
    ORDER BY leased_until NULLS FIRST, name LIMIT :many FOR UPDATE SKIP LOCKED
)
UPDATE clusters SET owner = :owner, fence = fence + 1,
    leased_until = now() + CAST(:lease AS interval)
WHERE name IN (SELECT name FROM free) RETURNING name, fence
""")
PRESENT: Final = sa.text("""
INSERT INTO replicas (owner, seen_at) VALUES (:owner, now())
ON CONFLICT (owner) DO UPDATE SET seen_at = now()
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a replica holds: the fences by cluster, and what is more than its share."""

    fences: Mapping[str, int]
    surplus: Sequence[str] = ()


class LeaseStore:
    """The leases, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self, owner: str, wanted: Collection[str]) -> Held:
        """Renew what this replica holds, and claim its share of what nobody holds.

        Args:
            owner: this replica.
            wanted: the clusters that are to be watched by anybody.
        """
        names = sorted(wanted)
        values = {"owner": owner, "wanted": names, "lease": LEASE}
        held = await self._fences(RENEW, values)
        share = await self._share(owner, len(names))
        if len(held) < min(share, len(names)):
            await self._connection.execute(ADD, {"wanted": names})
            held |= await self._fences(CLAIM, {**values, "many": share - len(held)})
        return Held(fences=held, surplus=sorted(held)[share:])

    async def release(self, owner: str, names: Collection[str]) -> None:
        """Give leases back, so that another replica need not wait for them to run out."""
        await self._connection.execute(
            sa.update(clusters)
            .where(clusters.c.name.in_(names), clusters.c.owner == owner)
            .values(leased_until=None, owner=None)
        )

    async def leave(self, owner: str) -> None:
        """Say that this replica is gone."""
        await self._connection.execute(sa.delete(replicas).where(replicas.c.owner == owner))

    async def _share(self, owner: str, wanted: int) -> int:
        await self._connection.execute(PRESENT, {"owner": owner})
        alive = sa.select(sa.func.count()).where(replicas.c.seen_at > sa.func.now() - LEASE)
        number = max(1, int((await self._connection.execute(alive)).scalar_one()))
        return -(-wanted // number)

    async def _fences(
        self, statement: sa.TextClause, values: Mapping[str, object]
    ) -> dict[str, int]:
        rows = await self._connection.execute(statement, dict(values))
        return {row.name: row.fence for row in rows}
