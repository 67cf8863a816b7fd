"""The gateway's worker: keeps leases, delivers what is pending, looks after the clusters."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final

from services.rapi_gateway.domain.cluster import ClusterUnknown, Registered
from services.rapi_gateway.domain.health import Health, State, is_to_be_told
from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.courier import Courier
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.gauges import Gauges
from services.rapi_gateway.usecases.holdings import Holdings
from services.rapi_gateway.usecases.loads import Loads
from services.rapi_gateway.usecases.refresh import Refresher
from services.rapi_gateway.usecases.resealing import Resealing
from shared.contracts.gateway import ClusterState

log = logging.getLogger(__name__)

AT_ONCE: Final = 64  # submissions of one cluster in hand
AFTER_A_BUG: Final = 1.0  # seconds before what failed unforeseen is tried again
GATHER: Final = 0.004  # seconds: what comes together is looked for together


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the worker does things, in seconds."""

    poll: float
    refresh: float
    calm: float  # how long a cluster has to be well before others hear of it


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Works for the clusters this process holds a lease on."""

    singly: Transaction  # of single statements
    holdings: Holdings
    courier: Courier
    refresher: Refresher
    doorbell: Doorbell
    gauges: Gauges
    loads: Loads
    resealing: Resealing
    pace: Pace
    _busy: set[tuple[str, str]] = field(default_factory=set)
    _refresh_at: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled; then let others have the clusters at once."""
        try:
            await self._reseal()
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self.doorbell.work.clear()
                    await self._guarded_round(tasks)
                    await self._rest()
        finally:
            await self.holdings.let_go()

    async def _reseal(self) -> None:
        try:
            await self.resealing.all()
        except Exception:  # all keys still open: the next start tries again
            log.exception("secrets not sealed anew")

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.pace.poll):
                await self.doorbell.work.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER)

    async def _guarded_round(self, tasks: asyncio.TaskGroup) -> None:
        try:
            await self._round(tasks)
        except Exception:  # a bad moment of the database must not end what is under way
            log.exception("round failed")

    async def _round(self, tasks: asyncio.TaskGroup) -> None:
        now = time.monotonic()
        renewed = await self.holdings.keep(now)
        mine = self.holdings.mine()
        for cluster in mine:
            if cluster.view.state is not ClusterState.OFFLINE:
                self._look_after(tasks, cluster, now)
        if renewed:
            self.gauges.show(mine, self.holdings.depths)
        for row in await self._due(mine):
            self._start(tasks, (row.cluster, row.target), self._deliver(row))
        if renewed:
            await self.loads.tell(mine, self.holdings.depths, now)

    def _look_after(self, tasks: asyncio.TaskGroup, cluster: Registered, now: float) -> None:
        name, job = cluster.name, (cluster.name, "")
        if job in self._busy:
            return
        link = self.refresher.links.to(cluster)
        lasting = now - link.turned_at
        if is_to_be_told(cluster.view.health, link.health, lasting, self.pace.calm):
            self._start(tasks, job, self._tell(cluster))
        elif link.health.wants_probe(now):
            self._start(tasks, job, self.refresher.probe(cluster))
        elif name not in self._refresh_at:  # not all clusters in the same second
            self._refresh_at[name] = now + random.uniform(0, self.pace.refresh / 4)
        elif now >= self._refresh_at[name]:
            self._refresh_at[name] = now + self.pace.refresh
            self._start(tasks, job, self.refresher.refresh(cluster))

    async def _tell(self, cluster: Registered) -> None:
        await self.refresher.note_health(cluster)
        self.doorbell.registry_changed = True

    async def _due(self, mine: list[Registered]) -> list[Submission]:
        load = Counter(cluster for cluster, _target in self._busy)
        open_for = [each.name for each in mine if load[each.name] < AT_ONCE]
        if not open_for:
            return []
        now, healths = time.monotonic(), self._healths(mine)
        closed = [name for name, health in healths.items() if not health.admits_job(now)]
        async with self.singly() as stores:
            rows = await stores.queues.heads(open_for, self._busy, closed, AT_ONCE)
        return _one_of_those_in_trouble(
            rows, {name for name, health in healths.items() if health.state is not State.UP}
        )

    def _healths(self, mine: list[Registered]) -> dict[str, Health]:
        return {each.name: self.refresher.links.to(each).health for each in mine}

    async def _deliver(self, row: Submission) -> None:
        await self.courier.deliver(row, self.holdings.of(row.cluster))

    def _start(self, tasks: asyncio.TaskGroup, job: tuple[str, str], work: Awaitable[None]) -> None:
        self._busy.add(job)
        tasks.create_task(self._finish(job, work))

    async def _finish(self, job: tuple[str, str], work: Awaitable[None]) -> None:
        try:
            await work
        except ClusterUnknown:  # removed meanwhile
            self.doorbell.registry_changed = True
        except Exception:  # one cluster's trouble must not stop the others
            log.exception("work failed", extra={"cluster": job[0], "target": job[1]})
            await asyncio.sleep(AFTER_A_BUG)
        finally:
            self._busy.discard(job)
            self.doorbell.work.set()


def _one_of_those_in_trouble(rows: list[Submission], troubled: set[str]) -> list[Submission]:
    """Return the rows; of a cluster in trouble only one that is new finds out for all."""
    tried: set[str] = set()
    taken = []
    for row in rows:
        if row.cluster in troubled and row.sending_at is None:
            if row.cluster in tried:
                continue
            tried.add(row.cluster)
        taken.append(row)
    return taken
