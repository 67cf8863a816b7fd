"""Transactions: leaving the block cleanly is the only commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Stores = TypeVar("Stores")
UnitOfWork = Callable[[], AbstractAsyncContextManager[Stores]]


class Nudge:
    """Wakes a loop of this process right after a commit; the loop's own poll is the safety net."""

    def __init__(self) -> None:
        self._events: list[asyncio.Event] = []

    def listener(self) -> asyncio.Event:
        """Return an event that every commit sets; its owner clears it."""
        event = asyncio.Event()
        self._events.append(event)
        return event

    def __call__(self) -> None:
        """Wake every listener."""
        for event in self._events:
            event.set()


def engine_for(url: str, *, size: int = 8) -> AsyncEngine:
    """Return an engine whose pool is bounded and whose every wait has an end.

    Args:
        url: ``postgresql://user:password@host:port/database``.
        size: connections kept; as many again may be opened under load.
    """
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=size,
        max_overflow=size,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={"timeout": 10, "command_timeout": 60},
    )


def unit_of_work(
    engine: AsyncEngine,
    bind: Callable[[AsyncConnection], Stores],
    nudge: Callable[[], None] = lambda: None,
) -> UnitOfWork[Stores]:
    """Return a factory of transactions.

    Args:
        engine: the service's database.
        bind: builds the stores of one transaction on its connection.
        nudge: called after each commit, so that relay and saga runner look at once.
    """

    @asynccontextmanager
    async def begin() -> AsyncIterator[Stores]:
        async with engine.begin() as connection:
            yield bind(connection)
        nudge()

    return begin
