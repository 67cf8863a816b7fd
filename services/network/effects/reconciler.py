"""Keeps Ganeti's networks and our subnets the same, by the clock: one cluster after the other."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final, Protocol

import structlog
from prometheus_client import Gauge

from services.network.domain.ganeti_networks import GanetiNetwork
from services.network.store.stores import Transaction
from services.network.usecases import reconciling
from services.network.usecases.bindings import Ganeti
from shared.contracts.gateway import Cluster, Query, Rows
from shared.errors import CloudError

log = structlog.get_logger(__name__)

FIELDS: Final = ("name", "group_list", "external_reservations")
NORMAL: Final = 0  # what Ganeti says of a field that it could tell
ADDRESS: Final = re.compile(r"[0-9.]+")
DRIFT: Final = Gauge(
    "cyclades_network_drift",
    "Differences between subnets and Ganeti's networks that last.",
    ["cluster", "kind"],
)


class Gateway(Protocol):
    """The RAPI gateway."""

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Finds and heals; each call is one round."""

    transaction: Transaction
    gateway: Gateway
    ganeti: Ganeti
    apart: timedelta = timedelta(0)  # between two looks that count

    async def round(self, cluster: str) -> int:
        """Compare a cluster, and put right what was so in the last round as well.

        Raises:
            CloudError: the cluster does not answer; nothing is known then.
        """
        query = Query(fields=list(FIELDS), lane="watch")
        rows = await self.gateway.query(cluster, "network", query)
        there = [_network(row) for row in rows.rows]
        lasting = await reconciling.compare(
            self.transaction, self.ganeti, cluster, there, self.apart
        )
        return sum([await reconciling.heal(self.transaction, cluster, each) for each in lasting])

    async def count(self) -> None:
        """Show the operators what drifts."""
        drifting = await reconciling.drifting(self.transaction)
        DRIFT.clear()
        kinds = Counter((each.difference.cluster, each.difference.kind) for each in drifting)
        for (cluster, kind), number in kinds.items():
            DRIFT.labels(cluster, kind).set(number)


def _network(row: list[tuple[int, Any]]) -> GanetiNetwork:
    """Read a row: of a node group its name, or a list that begins with it."""
    (_, name), (_, groups), (state, reserved) = row
    names = (each[0] if isinstance(each, list) else each for each in groups or ())
    held = ADDRESS.findall(str(reserved)) if state == NORMAL and reserved else ()
    return GanetiNetwork(
        name=str(name), groups=frozenset(map(str, names)), reserved=frozenset(held)
    )


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
            if names:
                await reconciling.forget(reconciler.transaction, names)
                await reconciler.round(names[turn % len(names)])
        except CloudError as away:
            log.info("a cluster was not compared", why=away.message)
        await reconciler.count()
