"""Finds where a volume's storage may be."""

from collections.abc import Collection
from dataclasses import replace

from services.volume.domain.placing import Place, places, roomiest, zones
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver, VolumeType
from services.volume.store.stores import Stores
from shared.errors import BadInput


async def find_place(
    stores: Stores,
    kind: VolumeType,
    *,
    zone: str | None = None,
    cluster: str | None = None,
    drivers: Collection[Driver] = tuple(Driver),
) -> Place | None:
    """Return the best place for a volume of a type; None when there is none."""
    every = await stores.projections.open_clusters()
    wanted = [each for each in every if cluster in (None, each.name)]
    found = places(wanted, kind, zone=zone, drivers=drivers)
    return roomiest(found, await stores.projections.free()) if found else None


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
