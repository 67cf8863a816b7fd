"""The last observation of every instance, as a digest: what differs from it is news."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.domain.seen import Kept
from services.ganeti_watcher.store.tables import instances

KEEP: Final = sa.text("""
INSERT INTO instances (cluster, name, sequence, digest, present)
SELECT :cluster, k.* FROM unnest(
    CAST(:names AS text[]), CAST(:sequences AS bigint[]), CAST(:digests AS bytea[]),
    CAST(:present AS boolean[])
) AS k
ON CONFLICT (cluster, name) DO UPDATE
    SET sequence = excluded.sequence, digest = excluded.digest, present = excluded.present
""")


class InstanceStore:
    """Observations, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def load(self, cluster: str) -> dict[str, Kept]:
        """Return what was told of every instance of a cluster, by name."""
        rows = await self._connection.execute(
            sa.select(instances).where(instances.c.cluster == cluster)
        )
        return {row.name: Kept(row.sequence, bytes(row.digest), row.present) for row in rows}

    async def keep(self, cluster: str, told: Mapping[str, Kept]) -> None:
        """Write down what is being told; whoever calls has proved its lease in this transaction.

        Args:
            cluster: which.
            told: by name.
        """
        if not told:
            return
        kept = list(told.values())
        await self._connection.execute(
            KEEP,
            {
                "cluster": cluster,
                "names": list(told),
                "sequences": [each.sequence for each in kept],
                "digests": [each.digest for each in kept],
                "present": [each.present for each in kept],
            },
        )
