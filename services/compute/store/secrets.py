"""What guests are to be given and nobody else may read: sealed by whoever calls."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.store.tables import server_secrets as secrets
from shared.db.lean import flush, put_off
from shared.db.prepared import Prepared

WHOSE: Final = secrets.c.server_id == sa.bindparam("whose")
SEALED: Final = Prepared(sa.select(secrets.c.sealed).where(WHOSE))
FORGET: Final = Prepared(sa.delete(secrets).where(WHOSE))


class SecretStore:
    """Sealed secrets of servers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, sealed: Mapping[UUID, str]) -> None:
        """Keep one sealed text per server; written at the end of the transaction."""
        rows = [{"server_id": server_id, "sealed": text} for server_id, text in sealed.items()]
        put_off(self._connection, secrets, rows)

    async def put(self, server_id: UUID, sealed: str) -> None:
        """Keep this sealed text for the server, instead of any it has."""
        await flush(self._connection)
        new = insert(secrets).values(server_id=server_id, sealed=sealed)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["server_id"], set_={"sealed": sealed})
        )

    async def find(self, server_id: UUID) -> str | None:
        """Return the server's sealed text, if it has one."""
        await flush(self._connection)
        found: str | None = await SEALED.value(self._connection, whose=server_id)
        return found

    async def forget(self, server_id: UUID) -> None:
        """Keep nothing of the server."""
        await flush(self._connection)
        await FORGET.count(self._connection, whose=server_id)
