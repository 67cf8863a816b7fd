"""Keeps one actor per cluster that is this replica's to watch."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import uuid4

from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.leases import Held
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.watch import figures
from services.ganeti_watcher.watch.actor import Actor, Lease
from services.ganeti_watcher.watch.reader import Gateway, Reader
from shared import logs
from shared.contracts.gateway import Cluster, ClusterState
from shared.errors import CloudError

log = logs.get_logger(__name__)

WATCHED = frozenset({ClusterState.ENABLED, ClusterState.DRAINED})
TURNS = 4  # looks at all instances of a cluster at once: their answers are large


@dataclass(slots=True)
class _Watching:
    actor: Actor
    task: asyncio.Task[None]


class Supervisor:
    """Starts and stops actors as clusters come and go and leases are won and lost."""

    def __init__(self, gateway: Gateway, transaction: Transaction, pace: Pace) -> None:
        self._gateway = gateway
        self._transaction = transaction
        self._pace = pace
        self._owner = str(uuid4())
        self._clusters: Mapping[str, Cluster] = {}
        self._watching: dict[str, _Watching] = {}
        self._turns = asyncio.Semaphore(TURNS)

    async def run(self) -> None:
        """Supervise until cancelled; give the leases back then."""
        try:
            while True:
                await self.round()
                await asyncio.sleep(self._pace.clusters)
        finally:
            await asyncio.shield(self._stop_all())

    async def round(self) -> None:
        """Compare what is watched with what should be.

        While the gateway cannot be asked, the clusters we know of stay ours.
        """
        try:
            self._clusters = {each.name: each for each in await self._gateway.clusters()}
        except CloudError as trouble:
            log.warning("gateway cannot be asked", why=trouble.message)
        wanted = {name for name, each in self._clusters.items() if each.state in WATCHED}
        held = await self._hold(wanted)
        mine = held.fences.keys() - set(held.surplus)
        left = [each for each in self._watching if each not in mine]
        for name in left:
            await self._stop(name)
        if given := sorted({*held.surplus, *left}):
            await self._release(given)
        for name in sorted(mine):
            await self._watch(self._clusters[name], held.fences[name])

    def hear(self, cluster: str, hints: list[Hint]) -> bool:
        """Take in what an agent saw; whether the cluster is watched here.

        Args:
            cluster: where.
            hints: what it saw.
        """
        watching = self._watching.get(cluster)
        if watching is None:
            return False
        figures.HINTS.labels(cluster).inc(len(hints))
        watching.actor.hear(hints)
        return True

    async def _hold(self, wanted: Collection[str]) -> Held:
        standings = {
            name: watching.actor.standing
            for name, watching in self._watching.items()
            if not watching.task.done()
        }
        for name, standing in standings.items():
            figures.judged(name, standing.state)
        fences = {name: each.actor.fence for name, each in self._watching.items()}
        async with self._transaction() as stores:
            held = await stores.leases.hold(self._owner, wanted)
            await stores.outbox.publish(*await stores.states.write(standings, fences))
        return held

    async def _watch(self, cluster: Cluster, fence: int) -> None:
        watching = self._watching.get(cluster.name)
        if watching is not None and not watching.task.done() and watching.actor.fence == fence:
            watching.actor.following.epoch = max(watching.actor.following.epoch, cluster.epoch)
            return
        if watching is not None:
            await self._stop(cluster.name)
        lease = Lease(cluster=cluster.name, fence=fence, uuid=cluster.uuid, epoch=cluster.epoch)
        reader = Reader(self._gateway, cluster.name)
        actor = Actor(lease, reader, self._transaction, self._pace, self._turns)
        task = asyncio.create_task(self._run(actor), name=f"watch {cluster.name}")
        self._watching[cluster.name] = _Watching(actor, task)

    async def _run(self, actor: Actor) -> None:
        try:
            await actor.run()
        except Exception:
            # The next round starts a new actor, from the cursor that was committed last.
            log.exception("watching failed", cluster=actor.cluster)

    async def _stop(self, name: str) -> None:
        watching = self._watching.pop(name)
        watching.task.cancel()
        await asyncio.gather(watching.task, return_exceptions=True)
        figures.forget(name)

    async def _release(self, names: Collection[str]) -> None:
        async with self._transaction() as stores:
            await stores.leases.release(self._owner, names)

    async def _stop_all(self) -> None:
        names = list(self._watching)
        for name in names:
            await self._stop(name)
        async with self._transaction() as stores:
            await stores.leases.release(self._owner, names)
            await stores.leases.leave(self._owner)
