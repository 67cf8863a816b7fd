"""Writes what a look led to: cursor, observations and facts, in one commit."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.ganeti_watcher.domain.cursor import Cursor
from services.ganeti_watcher.domain.seen import Kept, News
from services.ganeti_watcher.store.stores import Stores, Transaction
from shared.contracts.base import Fact

Judge = Callable[[Mapping[str, Kept]], News]  # what is news, against what was told


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A cursor that moves, and what is told of jobs with it."""

    before: Cursor | None
    after: Cursor
    facts: Sequence[Fact] = ()
    ended: float | None = None  # when the first of the jobs that ended did, by Ganeti's clock
    behind: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be written."""
        return self.before == self.after and not self.facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Figures of a look at all instances."""

    drift: int
    trouble: int


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What was committed for one cluster, and the right to commit more."""

    cluster: str
    transaction: Transaction
    fence: int
    known: dict[str, Kept] = field(default_factory=dict)
    found: Found | None = None  # at the last look at all instances

    async def step(self, step: Step, judge: Judge) -> tuple[int, float | None]:
        """Have the facts published and the cursor moved, or neither.

        Instances go before jobs: whoever waits for a job's end then knows already what came of
        it.

        Args:
            step: what happened to jobs.
            judge: says what is news of the instances they worked on.

        Returns:
            How many facts were told, and the seconds since the end of the first job that ended.

        Raises:
            shared.errors.StaleWrite: another replica took the cluster over; nothing was written.
        """
        news = judge(self.known)
        if step.is_idle and not news.facts:
            return 0, None
        facts = [*news.facts, *step.facts]
        lag = None if step.ended is None else max(0.0, time.time() - step.ended)
        async with self.transaction() as stores:
            await stores.cursors.save(
                self.cluster,
                step.before,
                step.after,
                self.fence,
                told=bool(facts),
                lag=lag,
                behind=step.behind,
            )
            await self._tell(stores, news, facts)
        self.known.update(news.kept)
        return len(facts), lag

    async def note(self, news: News, found: Found | None = None, facts: Sequence[Fact] = ()) -> int:
        """Have facts published that move no cursor.

        Args:
            news: of instances.
            found: figures to keep, after a look at all of them.
            facts: more to tell.

        Raises:
            shared.errors.StaleWrite: another replica took the cluster over; nothing was written.
        """
        told = [*news.facts, *facts]
        async with self.transaction() as stores:
            await stores.cursors.prove(
                self.cluster,
                self.fence,
                told=bool(told),
                figures=None if found is None else (found.drift, found.trouble),
            )
            await self._tell(stores, news, told)
        self.known.update(news.kept)
        self.found = found or self.found
        return len(told)

    async def _tell(self, stores: Stores, news: News, facts: Sequence[Fact]) -> None:
        await stores.instances.keep(self.cluster, news.kept)
        await stores.outbox.publish(*facts)
