"""Finds where a volume's storage may be."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from services.volume.domain.placing import Place, places, roomiest, zones
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver, VolumeType
from services.volume.store.stores import Stores
from shared.contracts.gateway import Cluster
from shared.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a user says of where a volume should be: beside others, or not, or at a server."""

    beside: frozenset[UUID] = frozenset()  # volumes
    apart_from: frozenset[UUID] = frozenset()
    server_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What hints mean among the clusters there are."""

    only: frozenset[str] | None = None  # names; None: any
    never: frozenset[str] = frozenset()
    zone: str | None = None

    def allows(self, cluster: Cluster) -> bool:
        """Whether the volume may be on the cluster."""
        return (
            cluster.name not in self.never
            and (self.only is None or cluster.name in self.only)
            and self.zone in (None, cluster.availability_zone)
        )


async def understood(stores: Stores, project_id: str, hints: Hints) -> Near:
    """Return what hints mean; volumes that are nowhere, or not the project's, mean nothing."""
    known = await stores.volumes.clusters_of(hints.beside | hints.apart_from, project_id)
    beside = frozenset(name for ident, name in known.items() if ident in hints.beside)
    zone = None
    if hints.server_id is not None:
        zone = await stores.projections.zone_of_server(hints.server_id, project_id)
    return Near(
        only=beside or None,
        never=frozenset(name for ident, name in known.items() if ident in hints.apart_from),
        zone=zone,
    )


async def find_place(
    stores: Stores,
    volume: Volume,
    kind: VolumeType,
    *,
    zone: str | None = None,
    cluster: str | None = None,
    drivers: Collection[Driver] = tuple(Driver),
    near: Near | None = None,
) -> Place | None:
    """Return the best place for a volume: where its project has servers; None: there is none."""
    every = await stores.projections.open_clusters()
    wanted = [
        each
        for each in every
        if cluster in (None, each.name) and (near is None or near.allows(each))
    ]
    found = places(wanted, kind, zone=zone, drivers=drivers)
    if not found:
        return None
    beside = await stores.projections.clusters_with_servers(volume.project_id)
    return roomiest(found, await stores.projections.free(), size=volume.size, beside=beside)


async def may_move(stores: Stores, volume: Volume) -> bool:
    """Whether a volume, whose row is locked, can be anywhere still: nothing is stored of it."""
    return not volume.has_content and not await stores.snapshots.are_of(volume.id)


def placed_at(volume: Volume, place: Place, kind: VolumeType) -> Volume:
    """Return the volume with its place, which its zone follows."""
    return replace(
        volume,
        cluster=place.cluster.name,
        driver=place.driver.value,
        disk_template=place.template(kind),
        availability_zone=place.cluster.availability_zone,
    )


async def require_zone(stores: Stores, zone: str, cluster: str | None) -> None:
    """Let through a zone that there is, and that the volume can be in.

    Raises:
        BadInput: there is none of that name, or what the volume is made from is elsewhere.
    """
    clusters = await stores.projections.clusters()
    there = [each for each in clusters if each.name == cluster] if cluster else clusters
    if zone not in zones(there):
        raise BadInput(f"Invalid input received: Availability zone '{zone}' is invalid.")
