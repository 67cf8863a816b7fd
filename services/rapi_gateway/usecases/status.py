"""How the clusters are served, for operators."""

from dataclasses import dataclass

from services.rapi_gateway.domain.cluster import ClusterUnknown
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.store.conditions import ClusterConditions
from shared.clock import seconds_z
from shared.contracts.gateway import ClusterStatus, LaneStatus, LineStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What is written of the clusters, and what this process sees itself."""

    conditions: ClusterConditions
    links: Links

    async def all(self) -> list[ClusterStatus]:
        """Return all clusters, by name."""
        return [self._with_line(each) for each in await self.conditions.all()]

    async def one(self, name: str) -> ClusterStatus:
        """Return one cluster.

        Raises:
            ClusterUnknown: there is none of that name.
        """
        for each in await self.conditions.all(name):
            return self._with_line(each)
        raise ClusterUnknown(f"There is no cluster {name}.")

    def _with_line(self, status: ClusterStatus) -> ClusterStatus:
        link = self.links.known(status.cluster)
        return status if link is None else status.model_copy(update={"line": _line(link)})


def _line(link: ClusterLink) -> LineStatus:
    lanes = {
        str(lane): LaneStatus(slots=slots.size, under_way=slots.used, waiting=slots.waiting)
        for lane, slots in link.lanes.slots.items()
    }
    return LineStatus(
        health=link.health.state,
        cause=link.health.cause,
        endpoint=link.endpoint,
        lanes=lanes,
        slots_share=link.pressure.slots,
        rate_share=link.pressure.rate,
        answered_at=link.answered_at and seconds_z(link.answered_at),
        accepted_at=link.accepted_at and seconds_z(link.accepted_at),
    )
