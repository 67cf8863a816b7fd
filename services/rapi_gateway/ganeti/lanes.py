"""How much of a cluster's RAPI we take: it has some twenty slots, and others need theirs."""

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum, StrEnum
from itertools import count


class Lane(StrEnum):
    """What a call is for; each lane has its own slots, so none starves another."""

    MUTATION = "mutation"
    READ = "read"
    WATCH = "watch"


class Urgency(IntEnum):
    """Who goes first inside a lane."""

    INTERACTIVE = 0  # somebody looks at a screen: consoles, power
    NORMAL = 1
    CREATE = 2  # takes long anyway
    BULK = 3  # nobody waits


class Slots:
    """So many calls at once; who waits is let in by urgency, and then as they came.

    Args:
        size: how many; more or fewer later (``resize``).
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._turn = count()

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return sum(not each.done() for _urgency, _turn, each in self._waiting)

    @asynccontextmanager
    async def slot(self, urgency: Urgency) -> AsyncIterator[None]:
        """Have a slot inside the block; who is less urgent waits longer."""
        await self.enter(urgency)
        try:
            yield
        finally:
            self.leave()

    async def enter(self, urgency: Urgency) -> None:
        """Take a slot, which ``leave`` gives back; a call that is cancelled has none."""
        if self.used < self.size and not self.waiting:
            self.used += 1
            return
        admitted = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._turn), admitted))
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():  # let in and called off at once
                self.leave()
            raise

    def leave(self) -> None:
        """Give a slot back."""
        self.used -= 1
        self._admit()

    def _admit(self) -> None:
        while self.used < self.size and self._waiting:
            _urgency, _turn, admitted = heapq.heappop(self._waiting)
            if not admitted.done():
                admitted.set_result(None)
                self.used += 1

    def resize(self, size: int) -> None:
        """Let so many in from now on; those inside stay."""
        self.size = size
        self._admit()


class Lanes:
    """The slots of one cluster.

    Args:
        mutations: jobs submitted at once.
        reads: questions asked at once.
        watches: questions of the watcher at once.
    """

    def __init__(self, *, mutations: int, reads: int, watches: int) -> None:
        self._most = {Lane.MUTATION: mutations, Lane.READ: reads, Lane.WATCH: watches}
        self.slots = {lane: Slots(most) for lane, most in self._most.items()}

    def take(self, share: float) -> None:
        """Use this share of the slots; each lane keeps one."""
        for lane, most in self._most.items():
            self.slots[lane].resize(max(1, int(most * share)))


class TokenBucket:
    """Lets bursts through, and then a steady rate.

    Args:
        rate: tokens per second.
        burst: tokens that can be saved up.
        clock: seconds, monotonic.
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = self._rate = rate
        self._burst = self._saved = float(burst)
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def use(self, share: float) -> None:
        """Refill at this share of the rate from now on, and save up no more of a burst."""
        self._refill()
        self._rate = self._most * share
        self._saved = max(1.0, self._burst * share)
        self._tokens = min(self._tokens, self._saved)

    def take(self) -> float:
        """Take a token; return the seconds to wait until it is really there."""
        self._refill()
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._saved, self._tokens + (now - self._at) * self._rate)
        self._at = now
