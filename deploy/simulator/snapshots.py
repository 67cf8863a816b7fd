"""Going back to how clusters were, as often as one likes."""

from collections.abc import Collection
from dataclasses import fields

from deploy.simulator import persistence
from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.model import Cluster


class Snapshots:
    """States of clusters by name, kept in memory until the simulator ends.

    What is in files (disks' contents) is not part of it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def sizes(self) -> dict[str, int]:
        """The names, and the bytes each takes."""
        return {name: len(content) for name, content in self._kept.items()}

    def take(self, name: str, sites: Collection[SimulatedCluster]) -> None:
        """Remember how these clusters are."""
        self._kept[name] = persistence.encode({site.number: site.state for site in sites})

    def restore(self, name: str, sites: Collection[SimulatedCluster]) -> list[int]:
        """Have those clusters be as they were; returns which.

        What was queued then, is queued again; what was running then, is found dead.

        Raises:
            KeyError: there is no snapshot of that name.
        """
        states = persistence.decode(self._kept[name])
        back = [site for site in sites if site.number in states]
        for site in back:
            _put_back(site, states[site.number])
        return [site.number for site in back]


def _put_back(site: SimulatedCluster, state: Cluster) -> None:
    for each in fields(Cluster):  # the object stays: all the world holds on to it
        setattr(site.state, each.name, getattr(state, each.name))
    site.world.rows.clear()
    site.queue.start_over()
    site.world.happened("cluster.restored", site.state.name)
