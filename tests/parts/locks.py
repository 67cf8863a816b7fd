"""Waiting until somebody waits for a lock in the database: a part of the tests of races."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

WAITING: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def wait_for_a_lock(
    ask: Callable[[str], Awaitable[Any]], work: asyncio.Task[Any] | None = None
) -> None:
    """Return once somebody waits for a lock in the database, or the work is done.

    Args:
        ask: run a statement, return its first value. Outside of any transaction: within one,
            PostgreSQL goes on showing the sessions that there were at the first look.
        work: what may end without having waited.

    Raises:
        TimeoutError: nobody did within a minute.
    """
    async with asyncio.timeout(60):
        while not (work is not None and work.done()) and not await ask(WAITING):
            pass  # asking lets the others go on
