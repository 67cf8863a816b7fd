"""Who speaks for which cluster: one process sends, so that nothing is sent twice."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.store.tables import clusters, leases
from shared.contracts.gateway import ClusterState


class LeaseStore:
    """Leases, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def renew(self, owner: UUID, seconds: float) -> set[str]:
        """Keep our leases, take those that ran out, and return the clusters we speak for."""
        until = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        wanted = sa.select(clusters.c.name, sa.literal(owner, sa.Uuid), until).where(
            clusters.c.state != ClusterState.REMOVED.value
        )
        new = insert(leases).from_select(["cluster", "owner", "until"], wanted)
        held = await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[leases.c.cluster],
                set_={"owner": new.excluded.owner, "until": new.excluded.until},
                where=(leases.c.owner == owner) | (leases.c.until < sa.func.now()),
            ).returning(leases.c.cluster)
        )
        return set(held.scalars())

    async def release(self, owner: UUID) -> None:
        """Let go of all our leases."""
        await self._connection.execute(sa.delete(leases).where(leases.c.owner == owner))
