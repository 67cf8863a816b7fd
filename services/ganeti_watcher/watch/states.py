"""The state channel: what no job tells, a look at all instances does.

Crashes, guests that stop themselves, nodes that go: every half minute all instances are
compared with what was told of them. Nearly all are as they were.
"""

import asyncio
import random
import time
from collections.abc import Callable

from services.ganeti_watcher.domain import seen
from services.ganeti_watcher.domain.instances import in_trouble
from services.ganeti_watcher.domain.seen import Doubts
from services.ganeti_watcher.publish.record import Found, Ledger
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.watch.following import Following
from services.ganeti_watcher.watch.reader import Reader
from shared import logs

log = logs.get_logger(__name__)


class States:
    """Looks at all instances of one cluster.

    Args:
        reader: of the cluster.
        ledger: what was told.
        following: of the cluster's jobs, which tells of instances as well.
        pace: how often.
        turns: how many clusters may be looked at at once: an answer is large.
        now: seconds, of a clock that only goes forward.
    """

    def __init__(
        self,
        reader: Reader,
        ledger: Ledger,
        following: Following,
        pace: Pace,
        turns: asyncio.Semaphore,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.due = 0.0
        self._reader = reader
        self._ledger = ledger
        self._following = following
        self._pace = pace
        self._turns = turns
        self._now = now
        self._doubts = Doubts()
        self._breaks = 0

    @property
    def found(self) -> Found | None:
        """The figures of the last look."""
        return self._ledger.found

    @property
    def is_due(self) -> bool:
        """Whether it is time: now and then, and at once when a new history began."""
        return self._now() >= self.due or self._breaks != self._following.breaks

    async def look(self) -> int:
        """Take one look; return how many facts came of it.

        Raises:
            CloudError: the cluster cannot be asked.
            StaleWrite: another replica has taken it over.
        """
        breaks = self._following.breaks
        async with self._turns:
            self._following.settled.clear()
            rows = await self._reader.everyone()
            told = await self._tell(rows)
        self._breaks = breaks
        self.due = self._now() + self._pace.states * random.uniform(
            0.9, 1.1
        )  # not for secrets: keeps clusters from being asked in step
        return told

    async def _tell(self, rows: list[seen.Row]) -> int:
        async with self._following.writing:
            news, self._doubts = seen.everyone(
                self._ledger.cluster,
                self._ledger.known,
                rows,
                self._doubts,
                self._following.settled,
            )
            found = Found(drift=len(news.facts), trouble=sum(map(in_trouble, rows)))
            if not news.facts and found == self._ledger.found:
                return 0
            return await self._ledger.note(news, found)
