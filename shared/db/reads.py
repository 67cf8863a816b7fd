"""The fast lane for reads: raw asyncpg, one statement, no transaction, no reset round trip."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import asyncpg

from shared.db.lending import Lending

# What is listed often is in memory, where a page costs about what a row does. Told the usual
# prices, of disks, PostgreSQL would rather sort a thousand wide rows than walk an index in order.
IN_MEMORY: Final = {"seq_page_cost": "0.1", "random_page_cost": "0.1"}


class Reads:
    """Runs single SELECT statements outside any transaction."""

    def __init__(self, lending: Lending) -> None:
        self._lending = lending
        self.statements = 0  # how many ran; tests hold endpoints to their number

    async def rows(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Return all rows of the statement; parameters are ``$1`` and so on."""
        self.statements += 1
        connection = await self._lending.take()
        try:
            rows: Sequence[Any] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            self._lending.give_back_after(error, connection)
            raise
        self._lending.give_back(connection)
        return rows

    async def row(self, sql: str, *arguments: object) -> Any:
        """Return the first row of the statement, or None."""
        self.statements += 1
        connection = await self._lending.take()
        try:
            row = await connection.fetchrow(sql, *arguments)
        except BaseException as error:
            self._lending.give_back_after(error, connection)
            raise
        self._lending.give_back(connection)
        return row

    async def value(self, sql: str, *arguments: object) -> Any:
        """Return the first column of the first row, or None."""
        row = await self.row(sql, *arguments)
        return None if row is None else row[0]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._lending.close()


async def open_reads(url: str, *, size: int = 8) -> Reads:
    """Open a bounded pool for reads; every statement has a deadline of 30 s. Close it at the end.

    Args:
        url: ``postgresql://user:password@host:port/database``.
        size: connections at most.
    """
    connect = partial(
        asyncpg.connect, url, command_timeout=30, timeout=10, server_settings=IN_MEMORY
    )
    lending = Lending(connect, size=size)
    lending.give_back(await lending.take())  # so that a wrong URL is found out at once
    return Reads(lending)
