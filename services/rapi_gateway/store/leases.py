"""Who speaks for which cluster: one process sends, so that nothing is sent twice."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.store.tables import leases
from shared.db.prepared import Prepared

RENEW: Final = Prepared(
    sa.text("""
        INSERT INTO leases (cluster, owner, until)
        SELECT name, CAST(:owner AS uuid),
               now() + make_interval(secs => CAST(:seconds AS double precision))
          FROM clusters WHERE state <> 'removed'
        ON CONFLICT (cluster) DO UPDATE SET owner = EXCLUDED.owner, until = EXCLUDED.until
         WHERE leases.owner = EXCLUDED.owner OR leases.until < now()
        RETURNING cluster
    """)
)


class LeaseStore:
    """Leases, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def renew(self, owner: UUID, seconds: float) -> set[str]:
        """Keep our leases, take those that ran out, and return the clusters we speak for."""
        rows = await RENEW.rows(self._connection, owner=owner, seconds=float(seconds))
        return {row["cluster"] for row in rows}

    async def release(self, owner: UUID) -> None:
        """Let go of all our leases."""
        await self._connection.execute(sa.delete(leases).where(leases.c.owner == owner))
