"""One question at a time: who asks what is being asked already waits for the same answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Flights(Generic[Key, Value]):
    """Questions under way, by what is asked. A failure reaches everybody who waits for it."""

    def __init__(self) -> None:
        self._flights: dict[Key, asyncio.Task[Value]] = {}

    async def join(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        """Return the answer to the question under way, which is ``ask`` if there is none."""
        flight = self._flights.get(key)
        if flight is None:
            # Its own task: the first to ask may be cancelled while the others still wait.
            flight = asyncio.create_task(_answer(ask))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def __len__(self) -> int:
        """Return how many questions are under way."""
        return len(self._flights)

    def _land(self, key: Key, flight: "asyncio.Task[Value]") -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # it reached everybody who waited; nobody may be left


async def _answer(ask: Callable[[], Awaitable[Value]]) -> Value:
    return await ask()
