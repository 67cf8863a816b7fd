"""Transactions: leaving the block cleanly is the only commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.database import database, engine_for

__all__ = ["Nudge", "UnitOfWork", "engine_for", "unit_of_work"]

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
    lend = database(engine).transaction

    @asynccontextmanager
    async def begin() -> AsyncIterator[Stores]:
        async with lend() as connection:
            # Stores use of AsyncConnection what a lean one has: execute, scalar, scalars.
            yield bind(cast(AsyncConnection, connection))
        if connection.has_begun:  # who only read has news for nobody
            nudge()

    return begin
