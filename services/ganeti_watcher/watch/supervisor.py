"""Keeps one actor per cluster that is this replica's to watch."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.watch.actor import Actor
from services.ganeti_watcher.watch.reader import Gateway, Reader
from shared import logs
from shared.contracts.gateway import Cluster, ClusterState
from shared.errors import CloudError

log = logs.get_logger(__name__)

WATCHED = frozenset({ClusterState.ENABLED, ClusterState.DRAINED})


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
        self._watching: dict[str, _Watching] = {}

    async def run(self) -> None:
        """Supervise until cancelled; give the leases back then."""
        try:
            while True:
                try:
                    await self.round()
                except CloudError as trouble:
                    log.warning("gateway cannot be asked", why=trouble.message)
                await asyncio.sleep(self._pace.clusters)
        finally:
            await asyncio.shield(self._stop_all())

    async def round(self) -> None:
        """Compare what is watched with what should be."""
        clusters = {each.name: each for each in await self._gateway.clusters()}
        wanted = {name for name, each in clusters.items() if each.state in WATCHED}
        for name in sorted(wanted):
            await self._hold(clusters[name])
        for name in [each for each in self._watching if each not in wanted]:
            await self._stop(name)
            if name not in clusters:
                async with self._transaction() as stores:
                    await stores.cursors.forget(name)

    async def _hold(self, cluster: Cluster) -> None:
        async with self._transaction() as stores:
            fence = await stores.cursors.lease(cluster.name, self._owner)
        watching = self._watching.get(cluster.name)
        if fence is None:
            if watching:
                await self._stop(cluster.name)
            return
        if watching is None or watching.task.done():
            reader = Reader(self._gateway, cluster.name)
            actor = Actor(cluster.name, reader, self._transaction, self._pace)
            actor.epoch, actor.fence = cluster.epoch, fence
            task = asyncio.create_task(self._run(actor), name=f"watch {cluster.name}")
            self._watching[cluster.name] = _Watching(actor, task)
            return
        watching.actor.epoch, watching.actor.fence = cluster.epoch, fence

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

    async def _stop_all(self) -> None:
        for name in list(self._watching):
            await self._stop(name)
            async with self._transaction() as stores:
                await stores.cursors.release(name, self._owner)
