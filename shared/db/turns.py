"""Turns: whoever would wait for the others of this process at a lock of the database waits here.

A transaction that waits for a lock holds a connection and does nothing with it. Whoever waits for
a turn holds nothing; and those who want the same kind of thing have it done in one transaction.
Other processes are kept away by the lock, as ever.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from shared.errors import Unavailable

Asked = TypeVar("Asked")
Made = TypeVar("Made")
Work = Callable[[Sequence[Asked]], Awaitable[Sequence[Made | Exception]]]
MOST: Final = 32  # go together: more would let the first wait for the last
PATIENCE: Final = 10.0  # seconds until a turn must have begun
BUSY: Final = "Too many requests are waiting for the same thing: repeat this one."


@dataclass(slots=True, kw_only=True, eq=False)
class _Place(Generic[Asked, Made]):
    """One who waits."""

    kind: Hashable
    asked: Asked
    work: Work[Asked, Made]
    outcome: "asyncio.Future[Made]"
    alarm: asyncio.TimerHandle

    def settle(self, outcome: Made | Exception) -> None:
        """Tell what came of it, unless nobody waits any more."""
        if self.outcome.done():
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        else:
            self.outcome.set_result(outcome)


class Turns(Generic[Asked, Made]):
    """One turn at a time, in the order in which they were asked for.

    Args:
        most: so many of a kind go together.
        patience: seconds until a turn must have begun.
    """

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        self._most = most
        self._patience = patience
        self._waiting: deque[_Place[Asked, Made]] = deque()
        self._turning: asyncio.Task[None] | None = None

    async def take(self, kind: Hashable, asked: Asked, work: Work[Asked, Made]) -> Made:
        """Have something done when its turn comes, together with what is of its kind.

        Args:
            kind: what has the same kind may be done together.
            asked: what is to be done.
            work: does several of a kind; returns for each what it came to, or its refusal. What
                it raises is raised to all of them.

        Raises:
            Unavailable: the turn did not come.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Made] = loop.create_future()
        alarm = loop.call_later(self._patience, _give_up, outcome)
        self._waiting.append(
            _Place(kind=kind, asked=asked, work=work, outcome=outcome, alarm=alarm)
        )
        if self._turning is None:  # in a context of its own: the turns are not one request's
            self._turning = asyncio.create_task(self._turn(), context=Context())
        try:
            return await outcome
        finally:
            alarm.cancel()

    async def _turn(self) -> None:
        try:
            while together := self._next():
                await _have_done(together)
        finally:
            self._turning = None

    def _next(self) -> list[_Place[Asked, Made]]:
        """Return those whose turn it is: the first who waits, and others of the kind."""
        together: list[_Place[Asked, Made]] = []
        left: deque[_Place[Asked, Made]] = deque()
        for each in self._waiting:
            if each.outcome.done():
                continue
            if not together or (each.kind == together[0].kind and len(together) < self._most):
                each.alarm.cancel()
                together.append(each)
            else:
                left.append(each)
        self._waiting = left
        return together


async def _have_done(together: Sequence[_Place[Asked, Made]]) -> None:
    try:
        outcomes = await together[0].work([each.asked for each in together])
    except asyncio.CancelledError:
        for each in together:
            each.outcome.cancel()
        raise
    except Exception as error:
        outcomes = [error] * len(together)
    for each, outcome in zip(together, outcomes, strict=True):
        each.settle(outcome)


def _give_up(outcome: "asyncio.Future[Made]") -> None:
    if not outcome.done():
        outcome.set_exception(Unavailable(BUSY, retry_after=1))
