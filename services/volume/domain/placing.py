"""Where a volume's storage may be: pure choices among the clusters there are."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.volume.domain.volume_type import TEMPLATE, Driver, VolumeType
from shared.contracts.gateway import Cluster, ClusterState

EXT: Final = "ext"
DISKLESS: Final = "diskless"
GIB: Final = 1024  # MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster, and how the volume is stored there."""

    cluster: Cluster
    driver: Driver

    def template(self, kind: VolumeType) -> str:
        """Return the disk template of the volume's disk."""
        if self.driver is Driver.EXT:
            return EXT
        return kind.extra_specs.get(TEMPLATE) or self.cluster.disk_template


def driver_on(cluster: Cluster, kind: VolumeType) -> Driver | None:
    """Return how a cluster stores volumes of a type; None when it cannot."""
    if kind.clusters and cluster.name not in kind.clusters:
        return None
    has_ext = cluster.ext_provider is not None and cluster.has_agent
    if kind.driver is Driver.EXT:
        return Driver.EXT if has_ext else None
    if kind.driver is Driver.NATIVE:
        return Driver.NATIVE
    return Driver.EXT if has_ext else Driver.NATIVE


def zones(clusters: Iterable[Cluster]) -> list[str]:
    """Return the zones volumes may be in."""
    return sorted({each.availability_zone for each in clusters if _is_open(each)})


def _is_open(cluster: Cluster) -> bool:
    return cluster.state is ClusterState.ENABLED


def places(
    clusters: Iterable[Cluster],
    kind: VolumeType,
    *,
    zone: str | None = None,
    drivers: Collection[Driver] = tuple(Driver),
) -> list[Place]:
    """Return where a volume of a type can be; clusters with our provider first.

    Args:
        clusters: all there are.
        kind: the volume's type.
        zone: the one it must be in.
        drivers: those that can do what is asked for.
    """
    found = [
        Place(cluster=each, driver=driver)
        for each in clusters
        if _is_open(each)
        and zone in (None, each.availability_zone)
        and (driver := driver_on(each, kind)) is not None
        and driver in drivers
    ]
    return sorted(found, key=lambda place: (place.driver is not Driver.EXT, place.cluster.name))


def roomiest(
    found: Collection[Place],
    free: Mapping[str, int],
    *,
    size: int,
    beside: Collection[str] = (),
) -> Place | None:
    """Return the place with the most room; those of the best driver only.

    Args:
        found: places, the best driver first.
        free: by cluster, MiB in the pool behind the provider.
        size: of the volume, GiB.
        beside: clusters whose servers might be given the volume: the best as long as it fits.
    """
    every = list(found)
    if not every:
        return None
    best = [each for each in every if each.driver is every[0].driver]

    def worth(place: Place) -> tuple[bool, int, str]:
        room, name = _room(place, free), place.cluster.name
        is_unknown = place.driver is Driver.EXT and name not in free
        return name in beside and (is_unknown or room >= size * GIB), room, name

    return max(best, key=worth)


def _room(place: Place, free: Mapping[str, int]) -> int:
    if place.driver is Driver.EXT:
        return free.get(place.cluster.name, 0)
    return sum(node.disk_free for node in place.cluster.nodes if not node.offline)
