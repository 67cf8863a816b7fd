"""Shows operators how the clusters are that this process speaks for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.health import State
from services.rapi_gateway.ganeti.lanes import Lane
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.store.queues import Depth
from services.rapi_gateway.usecases import counting

LANES = tuple(Lane)


@dataclass(slots=True, kw_only=True)
class Gauges:
    """The gauges of this process; a cluster that is gone, or another's now, shows no more."""

    links: Links
    _shown: set[str] = field(default_factory=set)

    def show(self, mine: Collection[Registered], depths: Mapping[str, Depth]) -> None:
        """Show these clusters, and no others.

        Args:
            mine: clusters this process speaks for.
            depths: of their queues; what is not there is empty.
        """
        for cluster in mine:
            link = self.links.to(cluster)
            _show_queue(cluster.name, depths.get(cluster.name) or Depth(cluster=cluster.name))
            _show_link(link)
            _show_lanes(link)
        names = {cluster.name for cluster in mine}
        for gone in self._shown - names:
            _hide(gone)
        self._shown = names


def _show_queue(name: str, depth: Depth) -> None:
    counting.QUEUE.labels(name, "pending").set(depth.pending)
    counting.QUEUE.labels(name, "in_doubt").set(depth.in_doubt)
    counting.LAG.labels(name).set(depth.oldest)


def _show_link(link: ClusterLink) -> None:
    for state in State:
        counting.HEALTH.labels(link.name, state).set(link.health.state is state)
    counting.SHARE.labels(link.name, "slots").set(link.pressure.slots)
    counting.SHARE.labels(link.name, "rate").set(link.pressure.rate)
    counting.LAST_JOB.labels(link.name).set(link.last_job)
    if link.answered_at is not None:
        counting.ANSWERED.labels(link.name).set(link.answered_at.timestamp())


def _show_lanes(link: ClusterLink) -> None:
    for lane in LANES:
        slots = link.lanes.slots[lane]
        counting.CALLS.labels(link.name, lane, "under_way").set(slots.used)
        counting.CALLS.labels(link.name, lane, "waiting").set(slots.waiting)


def _hide(name: str) -> None:
    for gauge in counting.GAUGES:
        gauge.remove_by_labels({"cluster": name})
