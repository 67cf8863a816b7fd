"""Keeps what tokens of consoles open, until they are used or too old."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.console import Ticket
from services.compute.store.tables import console_tokens as tokens
from shared.clock import utcnow
from shared.db.reads import Reads

MOST: int = 20  # live tokens of one server; older ones are dropped
FIND = """
SELECT token_hash, server_id, cluster, host, port, expires_at
FROM console_tokens WHERE token_hash = $1 AND expires_at > now()
"""
COLUMNS = (
    tokens.c.token_hash,
    tokens.c.server_id,
    tokens.c.cluster,
    tokens.c.host,
    tokens.c.port,
    tokens.c.expires_at,
)


class ConsoleStore:
    """Tokens of consoles, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, ticket: Ticket) -> None:
        """Keep what a token opens; of one server only so many are kept."""
        newest = (
            sa.select(tokens.c.token_hash)
            .where(tokens.c.server_id == ticket.server_id)
            .order_by(tokens.c.expires_at.desc())
            .limit(MOST - 1)
        )
        await self._connection.execute(
            sa.delete(tokens).where(
                tokens.c.server_id == ticket.server_id, tokens.c.token_hash.not_in(newest)
            )
        )
        await self._connection.execute(
            sa.insert(tokens).values(
                token_hash=ticket.token_hash,
                server_id=ticket.server_id,
                cluster=ticket.cluster,
                host=ticket.host,
                port=ticket.port,
                expires_at=ticket.expires_at,
            )
        )

    async def take(self, token_hash: str) -> Ticket | None:
        """Return what a token opens, and forget it: of two who use it at once, one gets it."""
        taken = await self._connection.execute(
            sa.delete(tokens)
            .where(tokens.c.token_hash == token_hash, tokens.c.expires_at > utcnow())
            .returning(*COLUMNS)
        )
        row = taken.first()
        return None if row is None else Ticket(**row._asdict())

    async def forget(self, server_id: UUID | None = None) -> None:
        """Drop what is too old, or everything of one server."""
        old = tokens.c.expires_at <= utcnow()
        which = old if server_id is None else tokens.c.server_id == server_id
        await self._connection.execute(sa.delete(tokens).where(which))


async def find(reads: Reads, token_hash: str) -> Ticket | None:
    """Return what a token opens, and leave it usable."""
    row = await reads.row(FIND, token_hash)
    return None if row is None else Ticket(**dict(row))
