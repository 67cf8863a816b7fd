"""Keeps volumes and their storage the same, by the clock: the next volumes of each cluster."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog
from prometheus_client import Gauge

from services.volume.domain.differences import HEALED, Found
from services.volume.domain.snapshot import Snapshot
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver
from services.volume.store.stores import Transaction
from services.volume.usecases import reconciling
from services.volume.usecases.reconciling import FIRST, Stored
from shared.contracts.gateway import Cluster
from shared.contracts.storage import Pool, StoredSnapshot, StoredVolume
from shared.errors import CloudError, NotFound

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100  # volumes of a cluster that are looked at in a round
DRIFT: Final = Gauge(
    "cyclades_volume_drift",
    "Differences between volumes and their storage that last.",
    ["cluster", "kind"],
)


class Gateway(Protocol):
    """The RAPI gateway."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""
        ...


class Storage(Protocol):
    """The storage agents of the clusters."""

    async def pool(self, cluster: str) -> Pool:
        """Return the capacity behind the provider."""
        ...

    async def volume(self, cluster: str, volume: str) -> StoredVolume:
        """Return a volume."""
        ...

    async def snapshot(self, cluster: str, snapshot: str) -> StoredSnapshot:
        """Return a snapshot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Finds and heals; each call is one round."""

    transaction: Transaction
    gateway: Gateway
    storage: Storage
    apart: timedelta = timedelta(0)  # between two looks that count
    at_once: int = AT_ONCE
    _until: dict[str, UUID] = field(default_factory=dict)  # how far each cluster was looked at

    async def round(self, cluster: str) -> int:
        """Compare the next volumes of a cluster; return how much was put right.

        Raises:
            CloudError: its agent does not answer; nothing is known then.
        """
        await self.storage.pool(cluster)  # an agent that is there: what it has not is not
        after = self._until.get(cluster, FIRST)
        found = await reconciling.at_rest(self.transaction, cluster, after, self.at_once)
        fresh = [volume.id for volume in found if volume.id > after]
        self._until[cluster] = fresh[-1] if len(fresh) >= self.at_once else FIRST
        seen = [(volume, await self._volume(volume)) for volume in found]
        lasting = await reconciling.compare(self.transaction, cluster, seen, self.apart)
        return sum([await self._heal(each) for each in lasting])

    async def attend(self) -> int:
        """End what is done to volumes and snapshots by nobody; return how much."""
        lasting = await reconciling.unattended(self.transaction, self.apart)
        return sum([await self._heal(each) for each in lasting])

    async def _heal(self, found: Found) -> bool:
        if found.kind not in HEALED:
            return False
        try:
            stored = await self._see(found.thing)
        except CloudError:  # it does not answer now: the next round asks again
            return False
        return await reconciling.heal(self.transaction, found, stored)

    async def _see(self, thing: Volume | Snapshot) -> Stored:
        if thing.cluster is None:
            return None
        if isinstance(thing, Snapshot):
            await self.storage.pool(thing.cluster)
            try:
                return await self.storage.snapshot(thing.cluster, str(thing.id))
            except NotFound:
                return None
        if thing.driver == Driver.NATIVE:  # a disk of Ganeti's own, which no agent knows
            return None
        await self.storage.pool(thing.cluster)
        return await self._volume(thing)

    async def _volume(self, volume: Volume) -> StoredVolume | None:
        try:
            return await self.storage.volume(str(volume.cluster), str(volume.id))
        except NotFound:
            return None

    async def count(self) -> None:
        """Show the operators what drifts."""
        drifting = await reconciling.drifting(self.transaction)
        DRIFT.clear()
        kinds = Counter((each.difference.cluster, each.difference.kind) for each in drifting)
        for (cluster, kind), number in kinds.items():
            DRIFT.labels(cluster, kind).set(number)


async def keep_reconciling(reconciler: Reconciler, pause: float) -> None:
    """Compare the next volumes of every cluster, again and again, until cancelled.

    Args:
        reconciler: of the service.
        pause: seconds between two rounds.
    """
    while True:
        await asyncio.sleep(pause)
        try:
            clusters = await reconciler.gateway.clusters()
        except CloudError as away:
            log.info("the gateway does not answer", why=away.message)
            continue
        if clusters:
            names = [each.name for each in clusters]
            await reconciling.forget(reconciler.transaction, names)
        for each in clusters:
            if each.has_agent:
                await _round(reconciler, each.name)
        await reconciler.attend()
        await reconciler.count()


async def _round(reconciler: Reconciler, cluster: str) -> None:
    try:
        await reconciler.round(cluster)
    except CloudError as away:
        log.info("a cluster was not compared", cluster=cluster, why=away.message)
