"""Keeps Ganeti's networks and our subnets the same, by the clock: one cluster after the other."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Protocol

import structlog
from prometheus_client import Gauge

from services.network.domain.ganeti_networks import Disagreement, GanetiNetwork, Trouble
from services.network.store.stores import Transaction
from services.network.usecases import reconciling
from services.network.usecases.bindings import Ganeti
from shared.contracts.gateway import Cluster, Query, Rows
from shared.errors import CloudError

log = structlog.get_logger(__name__)

LOOKS: Final = 2  # rounds that a disagreement must last
DRIFT: Final = Gauge(
    "cyclades_network_drift",
    "Differences between subnets and Ganeti's networks.",
    ["cluster", "kind"],
)


class Gateway(Protocol):
    """The RAPI gateway."""

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""


@dataclass(slots=True, kw_only=True)
class Reconciler:
    """Finds and heals. What was seen in the last round of a cluster is kept in memory.

    A process that is new to it sees everything for the first time, and acts a round later.
    """

    transaction: Transaction
    gateway: Gateway
    ganeti: Ganeti
    _seen: dict[str, Counter[Disagreement]] = field(default_factory=dict)

    async def round(self, cluster: str) -> int:
        """Compare a cluster, and put right what was so in the last round as well.

        Raises:
            CloudError: the cluster does not answer; nothing is known then.
        """
        rows = await self.gateway.query(
            cluster, "network", Query(fields=["name", "group_list"], lane="watch")
        )
        there = [_network(row) for row in rows.rows]
        found = await reconciling.compare(self.transaction, self.ganeti, cluster, there)
        before = self._seen.get(cluster, Counter())
        now = Counter({each: before[each] + 1 for each in found})
        healed = 0
        for each, looks in now.items():
            if looks == LOOKS:
                log.warning(
                    "a subnet and its cluster disagree",
                    subnet=str(each.subnet_id), cluster=cluster, what=each.trouble.value,
                )  # fmt: skip
            if looks >= LOOKS:
                healed += await reconciling.heal(self.transaction, cluster, each)
        self._seen[cluster] = now
        self._count(cluster, now)
        return healed

    def _count(self, cluster: str, now: Counter[Disagreement]) -> None:
        kinds = Counter(each.trouble.value for each, looks in now.items() if looks >= LOOKS)
        for kind in Trouble:
            DRIFT.labels(cluster, kind.value).set(kinds[kind.value])

    def forget(self, clusters: set[str]) -> None:
        """Keep nothing of clusters that are not there any more."""
        for cluster in self._seen.keys() - clusters:
            del self._seen[cluster]


def _network(row: list[tuple[int, Any]]) -> GanetiNetwork:
    """Read ``name`` and ``group_list``: per group its name, or a list that begins with it."""
    (_, name), (_, groups) = row
    names = (each[0] if isinstance(each, list) else each for each in groups or ())
    return GanetiNetwork(name=str(name), groups=frozenset(map(str, names)))


async def keep_reconciling(reconciler: Reconciler, pause: float) -> None:
    """Compare one cluster after the other until cancelled.

    Args:
        reconciler: of the service.
        pause: seconds in which every cluster is compared once.
    """
    names: list[str] = []
    for turn in count():
        await asyncio.sleep(pause / max(1, len(names)))
        try:
            names = sorted(each.name for each in await reconciler.gateway.clusters())
            reconciler.forget(set(names))
            if names:
                await reconciler.round(names[turn % len(names)])
        except CloudError as away:
            log.info("a cluster was not compared", why=away.message)
