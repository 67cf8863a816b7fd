"""The fast lane for reads: raw asyncpg, one statement, no transaction, no reset round trip."""

from collections.abc import Sequence
from typing import Any

import asyncpg


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection of this pool changes no session state, so giving it back resets nothing."""

    def get_reset_query(self) -> str:
        return ""


class Reads:
    """Runs single SELECT statements outside any transaction."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.statements = 0  # how many ran; tests hold endpoints to their number

    async def rows(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Return all rows of the statement; parameters are ``$1`` and so on."""
        self.statements += 1
        rows: Sequence[Any] = await self._pool.fetch(sql, *arguments)
        return rows

    async def row(self, sql: str, *arguments: object) -> Any:
        """Return the first row of the statement, or None."""
        self.statements += 1
        return await self._pool.fetchrow(sql, *arguments)

    async def value(self, sql: str, *arguments: object) -> Any:
        """Return the first column of the first row, or None."""
        self.statements += 1
        return await self._pool.fetchval(sql, *arguments)

    async def close(self) -> None:
        """Let go of the pool."""
        await self._pool.close()


async def open_reads(url: str, *, size: int = 8) -> Reads:
    """Open a bounded pool for reads; every statement has a deadline of 30 s. Close it at the end.

    Args:
        url: ``postgresql://user:password@host:port/database``.
        size: connections at most.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=30,
        timeout=10,
        connection_class=_Connection,
    )
    return Reads(pool)
