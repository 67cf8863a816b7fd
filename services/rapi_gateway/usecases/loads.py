"""Tells operators by events how much waits for the clusters, when its magnitude changes."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from uuid import UUID

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.load import Load
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.store.queues import Depth
from services.rapi_gateway.store.stores import Transaction
from shared.contracts.gateway import LoadChanged


@dataclass(slots=True, kw_only=True)
class Loads:
    """What this process has told of its clusters."""

    transaction: Transaction
    links: Links
    owner: UUID  # this process
    pause: float  # seconds between two words about one cluster
    _told: dict[str, str] = field(default_factory=dict)
    _told_at: dict[str, float] = field(default_factory=dict)

    async def tell(
        self, mine: Collection[Registered], depths: Mapping[str, Depth], now: float
    ) -> None:
        """Tell what has changed.

        Args:
            mine: clusters this process speaks for.
            depths: of their queues; what is not there is empty.
            now: of the monotonic clock.
        """
        loads = [self._load(each, depths.get(each.name)) for each in mine]
        news = [each for each in loads if self._is_news(each, now)]
        if not news:
            return
        async with self.transaction() as stores:
            numbers = await stores.loads.note(self.owner, news)
            facts = [
                LoadChanged(sequence=numbers[each.cluster], **asdict(each))
                for each in news
                if each.cluster in numbers
            ]
            await stores.outbox.publish(*facts)
        for each in news:
            self._told[each.cluster], self._told_at[each.cluster] = each.scale, now

    def _is_news(self, load: Load, now: float) -> bool:
        due = self._told_at.get(load.cluster, float("-inf")) + self.pause
        return now >= due and self._told.get(load.cluster) != load.scale

    def _load(self, cluster: Registered, depth: Depth | None) -> Load:
        link = self.links.to(cluster)
        waits = depth or Depth(cluster=cluster.name)
        return Load(
            cluster=cluster.name,
            health=str(link.health.state),
            cause=str(link.health.cause),
            pending=waits.pending,
            in_doubt=waits.in_doubt,
            lag_seconds=round(waits.oldest, 1),
            last_job=link.last_job,
        )
