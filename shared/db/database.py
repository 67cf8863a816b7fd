"""A service's database: SQLAlchemy's engine, and beside it the lean way to run transactions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from typing_extensions import override

from shared.db.compiling import Compiler
from shared.db.json_text import dumps, loads
from shared.db.lean import LeanConnection
from shared.db.pool import PATIENCE, STATEMENT_SECONDS, Pool


class Database(AsyncEngine):
    """An engine whose transactions are lean; what SQLAlchemy offers beside works as ever."""

    def __init__(self, engine: AsyncEngine, url: str, size: int) -> None:
        super().__init__(engine.sync_engine)
        self._pool = Pool(url, size, loads)
        self._compiler = Compiler(engine.dialect)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[LeanConnection]:
        """Lend a transaction: leaving the block cleanly commits it."""
        async with self._pool.connection() as raw:
            connection = LeanConnection(raw, self._compiler, self.dialect)
            try:
                yield connection
                await connection.commit()
            except Exception:
                await connection.roll_back()
                raise

    @asynccontextmanager
    async def by_itself(self) -> AsyncIterator[LeanConnection]:
        """Lend a connection on which each statement is a transaction."""
        async with self._pool.connection() as raw:
            connection = LeanConnection(raw, self._compiler, self.dialect, by_itself=True)
            yield connection
            await connection.flush()

    @override
    async def dispose(self, close: bool = True) -> None:
        """Hang up."""
        await self._pool.close()
        await super().dispose(close)


def plain_engine(url: str, *, seconds: float | None = None, **options: Any) -> AsyncEngine:
    """Return SQLAlchemy's engine; what may stand in its URL is what libpq knows, as for us.

    Args:
        url: ``postgresql://user:password@host:port/database``, or with ``?host=`` the folder of
            a socket, and ``sslmode=`` and the like.
        seconds: a statement may take; a migration takes what it takes.
        options: of ``create_async_engine``.
    """
    connect = partial(asyncpg.connect, url, timeout=PATIENCE, command_timeout=seconds)
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **options)


def engine_for(url: str, *, size: int = 8) -> Database:
    """Return an engine whose pool is bounded and whose every wait has an end.

    Args:
        url: as ``plain_engine`` takes it.
        size: connections kept; as many again may be opened under load.
    """
    engine = plain_engine(
        url,
        seconds=STATEMENT_SECONDS,
        pool_size=size,
        max_overflow=size,
        pool_timeout=10,
        pool_recycle=1800,
        json_serializer=dumps,
        json_deserializer=loads,
    )
    return Database(engine, url, 2 * size)


def database(engine: AsyncEngine) -> Database:
    """Return the engine as what it is.

    Raises:
        TypeError: ``engine_for`` did not make it.
    """
    if not isinstance(engine, Database):
        raise TypeError("BUG: not an engine of engine_for")
    return engine
