"""Deadlines of one cluster: a heap and a single timer of the loop, whatever their number."""

import asyncio
import heapq
import itertools
from collections.abc import Callable


class Timers:
    """Calls back after a delay; thousands of pending calls cost one loop timer."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._handle: asyncio.TimerHandle | None = None

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Run `call` in `seconds`; calls due at once run in the order they were given."""
        due = asyncio.get_running_loop().time() + seconds
        heapq.heappush(self._heap, (due, next(self._count), call))
        if self._heap[0][0] == due:
            self._arm()

    def close(self) -> None:
        """Forget everything that is still pending."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._heap:
            self._handle = asyncio.get_running_loop().call_at(self._heap[0][0], self._fire)

    def _fire(self) -> None:
        now = asyncio.get_running_loop().time() + 0.0005
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
        self._arm()
