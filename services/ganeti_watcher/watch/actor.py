"""Watches one cluster: its jobs every second or so, its instances every half minute."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.domain.watching import Standing, is_overdue, judge
from services.ganeti_watcher.publish.record import Ledger
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.watch import figures
from services.ganeti_watcher.watch.beating import Beating
from services.ganeti_watcher.watch.doorbell import Doorbell
from services.ganeti_watcher.watch.following import Following
from services.ganeti_watcher.watch.reader import Reader
from services.ganeti_watcher.watch.reporting import Reporting
from services.ganeti_watcher.watch.states import States
from shared import logs
from shared.errors import CloudError, StaleWrite

log = logs.get_logger(__name__)

HEARD_FOR: Final = 30.0  # seconds since an agent's last word in which it is relied upon


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What entitles a replica to watch a cluster."""

    cluster: str
    fence: int
    uuid: str = ""
    epoch: int = 1


class Actor:
    """Follows one cluster for as long as the lease is ours."""

    def __init__(
        self,
        lease: Lease,
        reader: Reader,
        transaction: Transaction,
        pace: Pace,
        turns: asyncio.Semaphore | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = Ledger(cluster=lease.cluster, transaction=transaction, fence=lease.fence)
        self.following = Following(reader, self.ledger, pace, now)
        self.following.epoch = lease.epoch
        self.states = States(
            reader, self.ledger, self.following, pace, turns or asyncio.Semaphore(1), now
        )
        self.reporting = Reporting(reader, self.ledger, self.following, pace)
        self.beating = Beating(reader, self.following, pace, now)
        self._lease = lease
        self._transaction = transaction
        self._pace = pace
        self._now = now
        self._bell = Doorbell()
        self._looked_at = now()
        self._took = 0.0  # seconds, by the last look
        self._meant = 0.0  # seconds to pause after it
        self._heard_at: float | None = None
        self._trouble = ""

    @property
    def cluster(self) -> str:
        """Which cluster."""
        return self._lease.cluster

    @property
    def fence(self) -> int:
        """Proof of the lease under which it began."""
        return self._lease.fence

    @property
    def standing(self) -> Standing:
        """How the cluster is followed now."""
        now = self._now()
        return judge(
            looked_ago=now - self._looked_at,
            behind=self.following.behind,
            beating_for=self.beating.under_way,
            trouble=self._trouble,
            hinted_ago=None if self._heard_at is None else now - self._heard_at,
        )

    def hear(self, hints: list[Hint]) -> None:
        """Take in what an agent saw; no hints say that it is there, and sees nothing."""
        self._heard_at = self._now()
        if hints:
            self._bell.ring(hints)

    async def load(self) -> None:
        """Take up what was committed last."""
        async with self._transaction() as stores:
            if self._lease.uuid:
                await stores.cursors.start_over(self.cluster, self._lease.uuid, self._lease.fence)
            self.following.cursor = await stores.cursors.load(self.cluster)
            self.ledger.known = await stores.instances.load(self.cluster)

    async def run(self) -> None:
        """Look until cancelled or until another replica takes the cluster over."""
        await self.load()
        if self.ledger.known:  # those of a cluster that is new to us are news at once
            self.states.due = self._now() + random.uniform(0, self._pace.states)  # not for secrets
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name=f"follow {self.cluster}")
                group.create_task(self._observe(), name=f"observe {self.cluster}")
        except* StaleWrite:
            log.info("cluster taken over by another watcher", cluster=self.cluster)

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                await self._look()
                failures = 0
            except CloudError as trouble:
                failures += self._failed(trouble)
            pause = self._pause(failures)
            self._meant = 0.0 if failures else pause
            await self._bell.wait(pause)

    async def _look(self) -> None:
        if is_overdue(self._now() - self._looked_at, self._meant):
            self.following.doubt()
        began = self._now()
        count, lag = await self.following.look(self._bell.take())
        self._looked_at = self._now()
        self._took = self._looked_at - began
        figures.told(self.cluster, count, lag)
        figures.stands(self.cluster, self.following, self.states)
        await self.beating.look()

    async def _observe(self) -> None:
        failures = 0
        while True:
            await asyncio.sleep(self._pace.idle if not failures else self._pause(failures))
            try:
                if self.states.is_due:
                    figures.told(self.cluster, await self.states.look(), None)
                await self.reporting.look()
                failures = 0
            except CloudError as trouble:
                failures += self._failed(trouble)

    def _failed(self, trouble: CloudError) -> int:
        if isinstance(trouble, StaleWrite):
            raise trouble
        self._trouble = trouble.message
        log.warning("cluster cannot be watched", cluster=self.cluster, why=trouble.message)
        return 1

    def _pause(self, failures: int) -> float:
        if failures:
            return min(self._pace.idle * 2.0 ** min(failures, 10), self._pace.longest)
        if self.following.behind:
            return 0.0
        heard = self._heard_at is not None and self._now() - self._heard_at < HEARD_FOR
        if heard:
            return self._pace.hinted
        cursor = self.following.cursor
        is_busy = cursor is not None and bool(cursor.open)
        pause = self._pace.between(is_busy=is_busy, took=self._took)
        return pause * random.uniform(0.9, 1.1)  # keeps clusters from being asked in step
