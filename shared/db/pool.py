"""Connections for transactions: few, kept, and given back without a word to the database.

A connection goes back as it came: its transaction is over. One that was cut off in the middle of
something is thrown away, and PostgreSQL takes back what it had begun.
"""

# ruff: noqa: SLF001 -- whether asyncpg still waits for a cancelled statement

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

PATIENCE: Final = 10.0  # seconds until a free connection must be had
STATEMENT_SECONDS: Final = 60.0
STATEMENTS_KEPT: Final = 1000  # prepared, per connection
OLDEST: Final = 1800.0  # seconds; then a connection is made anew


class Pool:
    """Connections of one process to its database.

    Args:
        url: of the database, as libpq takes it.
        size: connections at most.
        loads: reads JSON.
    """

    def __init__(self, url: str, size: int, loads: Callable[[bytes], Any]) -> None:
        self._url = url
        self._loads = loads
        self._free: list[tuple[Any, float]] = []  # connections, and when each was made
        self._places = asyncio.Semaphore(size)
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """Lend a connection for the length of the block, which must leave no transaction open.

        Raises:
            TimeoutError: all connections are in use, and stay so.
            OSError: the database is not there.
        """
        if self._places.locked():
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            raw, born = await self._take()
            try:
                yield raw
            except asyncpg.InternalClientError:  # the server has begun to end it
                raw.terminate()
                raise
            finally:
                self._give_back(raw, born)
        finally:
            self._places.release()

    async def close(self) -> None:
        """Hang up. What is in use hangs up when it comes back."""
        self._closed = True
        free, self._free = self._free, []
        await asyncio.gather(*(raw.close(timeout=2) for raw, _ in free), return_exceptions=True)

    async def _take(self) -> tuple[Any, float]:
        now = asyncio.get_running_loop().time()
        while self._free:
            raw, born = self._free.pop()
            if raw.is_closed():
                continue
            if now - born < OLDEST:
                return raw, born
            await raw.close(timeout=2)
        return await self._new(), now

    def _give_back(self, raw: Any, born: float) -> None:
        if raw.is_closed():
            return
        if self._closed or raw.is_in_transaction() or raw._protocol._is_cancelling():
            raw.terminate()
        else:
            self._free.append((raw, born))

    async def _new(self) -> Any:
        raw = await asyncpg.connect(
            self._url,
            timeout=PATIENCE,
            command_timeout=STATEMENT_SECONDS,
            statement_cache_size=STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
        )
        try:
            await self._prepare(raw)
        except BaseException:
            raw.terminate()
            raise
        return raw

    async def _prepare(self, raw: Any) -> None:
        """Have values come and go as JSON text: whoever writes them has made it one already."""
        await raw.set_type_codec(
            "json", encoder=str.encode, decoder=self._loads, schema="pg_catalog", format="binary"
        )
        await raw.set_type_codec(
            "jsonb",
            encoder=lambda text: b"\x01" + text.encode(),  # the version of jsonb's wire format
            decoder=lambda data: self._loads(data[1:]),
            schema="pg_catalog",
            format="binary",
        )
