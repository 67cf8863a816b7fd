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
from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.courier import Courier
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.refresh import Refresher
from shared.contracts.gateway import ClusterState

log = logging.getLogger(__name__)

AT_ONCE: Final = 64  # submissions of one cluster in hand
AFTER_A_BUG: Final = 1.0  # seconds before what failed unforeseen is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the worker does things, in seconds; and how many days it keeps them."""

    poll: float
    lease: float
    refresh: float
    keep_days: int


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Works for the clusters this process holds a lease on."""

    transaction: Transaction  # one that wakes nobody: it is used to look
    courier: Courier
    refresher: Refresher
    doorbell: Doorbell
    pace: Pace
    woken: asyncio.Event
    _clusters: dict[str, Registered] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _busy: set[tuple[str, str]] = field(default_factory=set)
    _renew_at: float = 0.0
    _refresh_at: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled; then let others have the clusters at once."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self.woken.clear()
                    await self._guarded_round(tasks)
                    await self._rest()
        finally:
            async with self.transaction() as stores:
                await stores.leases.release(self.courier.owner)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.pace.poll):
                await self.woken.wait()
        except TimeoutError:
            pass

    async def _guarded_round(self, tasks: asyncio.TaskGroup) -> None:
        try:
            await self._round(tasks)
        except Exception:  # a bad moment of the database must not end what is under way
            log.exception("round failed")

    async def _round(self, tasks: asyncio.TaskGroup) -> None:
        now = time.monotonic()
        if self.doorbell.registry_changed or now >= self._renew_at:
            self._renew_at = now + self.pace.lease / 4
            await self._renew()
        for cluster in self._mine():
            if cluster.view.state is not ClusterState.OFFLINE:
                self._look_after(tasks, cluster, now)
        for row in await self._due():
            self._start(tasks, (row.cluster, row.target), self._deliver(row))

    async def _renew(self) -> None:
        self.doorbell.registry_changed = False
        async with self.transaction() as stores:
            self._held = await stores.leases.renew(self.courier.owner, self.pace.lease)
            self._clusters = {each.name: each for each in await stores.clusters.survey()}
            await stores.submissions.forget(self.pace.keep_days)

    def _mine(self) -> list[Registered]:
        """Return the clusters we hold a lease on."""
        return [cluster for name, cluster in self._clusters.items() if name in self._held]

    def _look_after(self, tasks: asyncio.TaskGroup, cluster: Registered, now: float) -> None:
        name, job = cluster.name, (cluster.name, "")
        if job in self._busy:
            return
        link = self.refresher.links.to(cluster)
        if link.health.wants_probe(now):
            self._start(tasks, job, self.refresher.probe(cluster))
        elif link.health.state != cluster.view.health:
            self._start(tasks, job, self.refresher.note_health(cluster))
        elif name not in self._refresh_at:  # not all clusters in the same second
            self._refresh_at[name] = now + random.uniform(0, self.pace.refresh / 4)
        elif now >= self._refresh_at[name]:
            self._refresh_at[name] = now + self.pace.refresh
            self._start(tasks, job, self.refresher.refresh(cluster))

    async def _due(self) -> list[Submission]:
        load = Counter(cluster for cluster, _target in self._busy)
        open_for = [each.name for each in self._mine() if load[each.name] < AT_ONCE]
        if not open_for:
            return []
        async with self.transaction() as stores:
            return await stores.submissions.heads(open_for, self._busy, AT_ONCE)

    async def _deliver(self, row: Submission) -> None:
        await self.courier.deliver(row, self._clusters[row.cluster])

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
            self.woken.set()
