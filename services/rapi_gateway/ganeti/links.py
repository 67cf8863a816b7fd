"""The lines to all clusters, made when first used and made anew when the way in changes."""

from collections.abc import Callable
from dataclasses import dataclass

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti.link import ClusterLink, Limits


@dataclass(slots=True)
class _Held:
    link: ClusterLink
    uuid: str
    access_version: int


class Links:
    """One ``ClusterLink`` per cluster in this process.

    Args:
        limits: how much is taken of each.
        open_secret: opens a sealed password.
    """

    def __init__(self, limits: Limits, open_secret: Callable[[str], str]) -> None:
        self.limits = limits
        self._open = open_secret
        self._held: dict[str, _Held] = {}

    def to(self, cluster: Registered) -> ClusterLink:
        """Return the line to a cluster."""
        held = self._held.get(cluster.name)
        if held is None or held.uuid != cluster.view.uuid:  # forgotten, and another registered
            link = ClusterLink(cluster.access(self._open(cluster.sealed)), self.limits)
            held = _Held(link, cluster.view.uuid, cluster.access_version)
            self._held[cluster.name] = held
        elif held.access_version < cluster.access_version:
            held.link.enter_by(cluster.access(self._open(cluster.sealed)))
            held.access_version = cluster.access_version
        held.link.remember(cluster.view.epoch, cluster.last_job)
        return held.link

    def known(self, name: str) -> ClusterLink | None:
        """Return the line to a cluster, if there is one already."""
        held = self._held.get(name)
        return held.link if held else None
