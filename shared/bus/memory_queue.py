"""One queue of the in-process bus: what waits, what is held back, what was given up."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from shared.bus.contract import Delivery
from shared.bus.topic import matches


@dataclass(slots=True, kw_only=True, eq=False)
class Ticket:
    """A published message, until every queue is done with it."""

    message_id: str
    open_copies: int = 0
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def settle_copy(self) -> None:
        """Note that one queue is done; with the last one, so is the message."""
        self.open_copies -= 1
        self.settle_if_done()

    def settle_if_done(self) -> None:
        """Tell whoever waits, if no queue has a copy left to handle."""
        if self.open_copies <= 0:
            self.settled.set()


@dataclass(slots=True, kw_only=True, eq=False)
class Copy:
    """A message in one queue."""

    ticket: Ticket
    delivery: Delivery

    def count_try(self) -> None:
        """Remember that it was delivered and came back."""
        self.delivery = replace(self.delivery, tries=self.delivery.tries + 1)


class MemoryQueue:
    """First in, first out, bounded; what failed comes back to its head.

    Args:
        name: the queue's name.
        capacity: copies it takes, those in hand and on hold included.
        limit: redeliveries before a copy is buried.
        bury: told of each copy that is given up.
        moved: called whenever there is room again.
    """

    def __init__(
        self,
        name: str,
        *,
        capacity: int,
        limit: int,
        bury: Callable[[str, Delivery], None],
        moved: Callable[[], None],
    ) -> None:
        self.name = name
        self._bindings: set[str] = set()
        self._waiting: deque[Copy] = deque()
        self._held: dict[Copy, asyncio.TimerHandle] = {}
        self._size = 0
        self._capacity = capacity
        self._limit = limit
        self._bury = bury
        self._moved = moved
        self._changed = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether it would take no further copy."""
        return self._size >= self._capacity

    def bind(self, patterns: Sequence[str]) -> None:
        """Have messages whose key matches one of the patterns."""
        self._bindings.update(patterns)

    def wants(self, routing_key: str) -> bool:
        """Whether a message with this key belongs here."""
        return any(matches(pattern, routing_key) for pattern in self._bindings)

    def put(self, copy: Copy) -> None:
        """Add a copy at the end."""
        copy.ticket.open_copies += 1
        self._size += 1
        self._waiting.append(copy)
        self._changed.set()

    async def take(self, prefetch: int) -> list[Copy]:
        """Return what waits, at least one copy; what is on hold counts against ``prefetch``."""
        while not self._waiting or len(self._held) >= prefetch:
            self._changed.clear()
            await self._changed.wait()
        count = min(len(self._waiting), prefetch - len(self._held))
        return [self._waiting.popleft() for _ in range(count)]

    def finish(self, copy: Copy) -> None:
        """Let go of a copy that was handled."""
        self._size -= 1
        self._moved()
        copy.ticket.settle_copy()

    def give_up(self, copy: Copy) -> None:
        """Bury a copy."""
        self._bury(self.name, copy.delivery)
        self.finish(copy)

    def hold(self, copy: Copy, seconds: float) -> None:
        """Deliver a copy again, but not yet."""
        timer = asyncio.get_running_loop().call_later(seconds, self._release, copy)
        self._held[copy] = timer

    def give_back(self, copies: Sequence[Copy]) -> None:
        """Put copies whose handling did not end back to the head, in their order."""
        for copy in reversed(copies):
            copy.count_try()
            if copy.delivery.tries > self._limit:
                self.give_up(copy)
            else:
                self._waiting.appendleft(copy)
        self._changed.set()

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._held.values():
            timer.cancel()
        self._held.clear()

    def _release(self, copy: Copy) -> None:
        self._held.pop(copy, None)
        self.give_back([copy])
