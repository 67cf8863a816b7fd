"""What was told of the clusters' load: one statement says what is news, and numbers it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.load import Load

# Only who speaks for a cluster tells of it, and nobody what was told already.
NOTE: Final = sa.text("""
    INSERT INTO loads (cluster, sequence, scale)
    SELECT n.cluster, 1, n.scale
      FROM unnest(CAST(:clusters AS text[]), CAST(:scales AS text[])) AS n (cluster, scale)
      JOIN leases l ON l.cluster = n.cluster AND l.owner = :owner AND l.until > now()
    ON CONFLICT (cluster) DO UPDATE
       SET sequence = loads.sequence + 1, scale = excluded.scale
     WHERE loads.scale <> excluded.scale
    RETURNING cluster, sequence
""").bindparams(
    sa.bindparam("clusters", type_=ARRAY(sa.Text)),
    sa.bindparam("scales", type_=ARRAY(sa.Text)),
    sa.bindparam("owner", type_=sa.Uuid),
)


class LoadStore:
    """What was told, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, owner: UUID, loads: Sequence[Load]) -> dict[str, int]:
        """Write down what is about to be told; return the number of each that is news.

        Args:
            owner: who speaks for the clusters.
            loads: one of each cluster.
        """
        rows = await self._connection.execute(
            NOTE,
            {
                "owner": owner,
                "clusters": [each.cluster for each in loads],
                "scales": [each.scale for each in loads],
            },
        )
        return {row.cluster: row.sequence for row in rows}
