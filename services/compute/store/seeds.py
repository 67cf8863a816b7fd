"""Keeps seeds that a node will fetch, sealed by whoever calls, until they are fetched or old."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.store.tables import seeds
from shared.clock import utcnow
from shared.db.prepared import Prepared
from shared.db.reads import Reads

FIND = """
SELECT sealed FROM seeds WHERE server_id = $1 AND token_hash = $2 AND expires_at > now()
"""
FORGET = Prepared(sa.delete(seeds).where(seeds.c.server_id == sa.bindparam("whose")))


class SeedStore:
    """Seeds, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(
        self, server_id: UUID, token_hash: str, sealed: str, expires_at: datetime
    ) -> None:
        """Keep the one seed of a server; an older one cannot be fetched any more."""
        values = {"token_hash": token_hash, "sealed": sealed, "expires_at": expires_at}
        await self._connection.execute(
            insert(seeds)
            .values(server_id=server_id, **values)
            .on_conflict_do_update(index_elements=[seeds.c.server_id], set_=values)
        )

    async def forget(self, server_id: UUID | None = None) -> None:
        """Drop what is too old, or the seed of one server."""
        if server_id is not None:
            await FORGET.count(self._connection, whose=server_id)
        else:
            old = seeds.c.expires_at <= utcnow()
            await self._connection.execute(sa.delete(seeds).where(old))


async def find(reads: Reads, server_id: UUID, token_hash: str) -> str | None:
    """Return a server's sealed seed, if this is what opens it."""
    found: str | None = await reads.value(FIND, server_id, token_hash)
    return found
