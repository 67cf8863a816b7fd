"""Keeps servers and instances the same, by the clock.

Compute learns of instances by events, and what changed is compared with the servers every few
seconds. Now and then the names and states of a whole cluster are compared as well: that finds
what no news ever told of.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Protocol

import structlog
from prometheus_client import Gauge

from services.compute.domain.differences import Kind
from services.compute.domain.patience import Patience
from services.compute.store.drifts import Drift, Key
from services.compute.store.stores import Transaction
from services.compute.usecases import observing, reconciling
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.gateway import Cluster, Query, Rows
from shared.contracts.instance_rows import FIELDS, absent, observed
from shared.errors import CloudError

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20  # drifts put right per round; each asks Ganeti once
NORMAL: Final = 0
DRIFT: Final = Gauge(
    "cyclades_drift", "Differences between servers and instances.", ["cluster", "kind"]
)


class Gateway(Protocol):
    """The RAPI gateway."""

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti."""
        ...

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Finds and heals; each call is one round."""

    transaction: Transaction
    gateway: Gateway
    prefix: str
    group_tags: str  # prefix of the tags that keep groups of servers apart
    _patience: Patience[Key] = field(default_factory=Patience)

    async def heal_once(self) -> int:
        """Compare what changed, and heal what lasted; return how much was healed.

        What does not help is tried less and less often, and nothing else waits for it.
        """
        healed = 0
        found = await reconciling.look(self.transaction, self.group_tags)
        drifts = {drift.key: drift for drift in found}
        for key in self._patience.turns(drifts, AT_ONCE):
            try:
                healed += await self._heal(drifts[key])
            except CloudError:  # its cluster does not answer now: the next round asks again
                self._patience.not_tried(key)
        return healed

    async def _heal(self, drift: Drift) -> bool:
        seen = None
        if drift.difference.kind is not Kind.STUCK:
            seen = await self._see(drift.cluster, f"{self.prefix}{drift.server_id}")
        return await reconciling.heal(self.transaction, drift, seen, self.group_tags)

    async def _see(self, cluster: str, name: str) -> InstanceObserved:
        """Return an instance as Ganeti has it in this moment."""
        query = Query(fields=list(FIELDS), filter=["=", "name", name])
        rows = (await self.gateway.query(cluster, "instance", query)).rows
        return observed(cluster, rows[0]) if rows else absent(cluster, name)

    async def verify(self, cluster: str) -> int:
        """Compare a whole cluster with what is known of it; return how much news was lost."""
        query = Query(fields=["name", "status"], lane="watch")
        listed = (await self.gateway.query(cluster, "instance", query)).rows
        found = {
            str(name): status if state == NORMAL else None
            for (_, name), (state, status) in listed
            if observing.server_named(str(name), self.prefix)
        }
        lost = 0
        for name in (await reconciling.suspects(self.transaction, cluster, found))[:AT_ONCE]:
            server_id = observing.server_named(name, self.prefix)
            if server_id is not None:
                seen = await self._see(cluster, name)
                await reconciling.correct(self.transaction, server_id, seen)
                lost += 1
        return lost

    async def count(self) -> None:
        """Show the operators what drifts."""
        drifting = await reconciling.drifting(self.transaction)
        DRIFT.clear()
        for (cluster, kind), number in Counter(
            (each.cluster, each.difference.kind.value) for each in drifting
        ).items():
            DRIFT.labels(cluster, kind).set(number)


async def keep_healing(reconciler: Reconciler, pause: float) -> None:
    """Heal what drifts until cancelled.

    Args:
        reconciler: of the service.
        pause: seconds between two rounds.
    """
    while True:
        await asyncio.sleep(pause)
        if healed := await reconciler.heal_once():
            log.info("healed", differences=healed)
        await reconciler.count()


async def keep_verifying(reconciler: Reconciler, pause: float) -> None:
    """Compare one cluster after the other until cancelled.

    Args:
        reconciler: of the service.
        pause: seconds in which every cluster is compared once.
    """
    for turn in count():
        try:
            names = sorted(each.name for each in await reconciler.gateway.clusters())
            if names:
                await reconciler.verify(names[turn % len(names)])
        except CloudError as away:
            log.info("a cluster was not compared", why=away.message)
            names = []
        await asyncio.sleep(pause / max(1, len(names)))
