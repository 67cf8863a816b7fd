"""Lends connections to those who read: bounded, the one given back last goes out first.

Every read passes here, so it does as little as it can: nothing is asked of the server when a
connection goes out or comes back, and no task or timer is made where one is free.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg

from shared.errors import Unavailable

BUSY: Final = "The database is busy. Try again in a moment."
BUSY_RETRY: Final = 1  # seconds

# After these a connection is as good as before: the server, or the driver before it, said no.
HARMLESS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError)


class Lending:
    """A pool of connections whose users change no session state.

    Args:
        connect: opens one more connection.
        size: connections at most.
        patience: seconds to wait for one that is given back.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Any]], *, size: int, patience: float = 10.0
    ) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._open = 0
        self._free: list[Any] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self) -> Any:
        """Return a connection; give it back, or drop it after an error.

        Raises:
            Unavailable: all are in use, and none came back in time.
            OSError: the server cannot be reached.
        """
        while True:
            if self._free:
                connection = self._free.pop()
                if not connection.is_closed():
                    return connection
                self._open -= 1
            elif self._open < self._size:
                return await self._one_more()
            elif (connection := await self._next()) is not None:
                return connection

    def give_back(self, connection: Any) -> None:
        """Take a connection back; who has waited longest gets it."""
        if self._closed or connection.is_closed():
            self._let_go(connection)
        elif not self._hand_over(connection):
            self._free.append(connection)

    def give_back_after(self, error: BaseException, connection: Any) -> None:
        """Take a connection back after an error; one that may still be at work is let go."""
        if isinstance(error, HARMLESS):
            self.give_back(connection)
        else:
            self._let_go(connection)

    async def close(self) -> None:
        """Close what is free now, and what is lent when it comes back."""
        self._closed = True
        while self._free:
            self._let_go(self._free.pop())
        await asyncio.gather(*self._farewells, return_exceptions=True)

    async def _one_more(self) -> Any:
        self._open += 1
        try:
            return await self._connect()
        except BaseException:
            self._open -= 1
            self._hand_over(None)
            raise

    async def _next(self) -> Any:
        """Return the connection that is given back next; None when one may be opened instead."""
        place: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self._patience):
                return await place
        except TimeoutError as late:
            self._pass_on(place)
            raise Unavailable(BUSY, retry_after=BUSY_RETRY) from late
        except asyncio.CancelledError:
            self._pass_on(place)
            raise

    def _pass_on(self, place: "asyncio.Future[Any]") -> None:
        """Let somebody else have what came to one who gave up."""
        if place.cancelled() or not place.done():
            return
        if place.result() is None:
            self._hand_over(None)
        else:
            self.give_back(place.result())

    def _hand_over(self, connection: Any) -> bool:
        """Give a connection, or None for leave to open one, to who has waited longest."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(connection)
                return True
        return False

    def _let_go(self, connection: Any) -> None:
        """Close a connection aside: what it is still asked is cancelled at the server first."""
        self._open -= 1
        self._hand_over(None)
        farewell = asyncio.create_task(_closed(connection))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)


async def _closed(connection: Any) -> None:
    try:
        await connection.close(timeout=5)
    except Exception:  # it is gone, or as good as that
        connection.terminate()
