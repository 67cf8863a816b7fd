"""How much of a cluster's RAPI we take: it has some twenty slots, and others need theirs."""

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum


class Lane(StrEnum):
    """What a call is for; each lane has its own slots, so none starves another."""

    MUTATION = "mutation"
    READ = "read"
    WATCH = "watch"


class Lanes:
    """The slots of one cluster."""

    def __init__(self, *, mutations: int, reads: int, watches: int) -> None:
        self._slots = {
            Lane.MUTATION: asyncio.Semaphore(mutations),
            Lane.READ: asyncio.Semaphore(reads),
            Lane.WATCH: asyncio.Semaphore(watches),
        }

    def slot(self, lane: Lane) -> asyncio.Semaphore:
        """Return the lane's semaphore, to be entered for the length of a call."""
        return self._slots[lane]


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
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def take(self) -> float:
        """Take a token; return the seconds to wait until it is really there."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)
