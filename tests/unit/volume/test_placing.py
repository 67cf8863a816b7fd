"""Where volumes may be: choices among clusters."""

from typing import Any
from uuid import UUID

import pytest

from services.volume.domain.placing import Place, driver_on, places, roomiest, zones
from services.volume.domain.volume_type import CLUSTERS, DRIVER, TEMPLATE, Driver, VolumeType
from shared.contracts.gateway import ClusterState
from tests.integration.volume.world import a_cluster

PLAIN = {"ext_provider": None, "has_agent": False}


def kind(**specs: str) -> VolumeType:
    """Return a type with these extra specs."""
    return VolumeType(id=UUID(int=1), name="t", extra_specs=specs)


@pytest.mark.parametrize(
    ("specs", "cluster", "driver"),
    [
        ({}, {}, Driver.EXT),
        ({}, PLAIN, Driver.NATIVE),
        ({}, {"has_agent": False}, Driver.NATIVE),
        ({DRIVER: "ext"}, {}, Driver.EXT),
        ({DRIVER: "ext"}, PLAIN, None),
        ({DRIVER: "native"}, {}, Driver.NATIVE),
        ({DRIVER: "odd"}, {}, Driver.EXT),
        ({CLUSTERS: "berlin, cairo"}, {}, None),
        ({CLUSTERS: "berlin,athens"}, {}, Driver.EXT),
    ],
)
def test_a_type_and_a_cluster_make_a_driver(
    specs: dict[str, str], cluster: dict[str, Any], driver: Driver | None
) -> None:
    assert driver_on(a_cluster("athens", **cluster), kind(**specs)) is driver


def test_only_open_clusters_in_the_zone_get_volumes_and_those_with_our_provider_first() -> None:
    clusters = [
        a_cluster("athens", **PLAIN),
        a_cluster("berlin"),
        a_cluster("cairo", state=ClusterState.DRAINED),
    ]
    found = [(place.cluster.name, place.driver) for place in places(clusters, kind())]
    assert found == [("berlin", Driver.EXT), ("athens", Driver.NATIVE)]
    assert places(clusters, kind(), zone="az-cairo") == []
    natives = places(clusters, kind(), drivers=(Driver.NATIVE,))
    assert [place.cluster.name for place in natives] == ["athens"]
    assert zones(clusters) == ["az-athens", "az-berlin"]


def test_the_most_room_wins_among_the_best_kind_of_storage() -> None:
    every = places([a_cluster("athens"), a_cluster("berlin"), a_cluster("cairo", **PLAIN)], kind())
    best = roomiest(every, {"athens": 5, "berlin": 7, "cairo": 9}, size=1)
    assert best is not None
    assert best.cluster.name == "berlin"
    assert roomiest([], {}, size=1) is None


@pytest.mark.parametrize(
    ("beside", "size", "name"),
    [
        ({"athens"}, 2, "athens"),
        ({"athens"}, 3, "berlin"),
        ({"cairo"}, 1, "berlin"),
        ({"athens", "berlin"}, 1, "berlin"),
    ],
    ids=["it fits", "it does not", "worse storage", "the most room of these"],
)
def test_where_servers_are_is_best_as_long_as_it_fits(
    beside: set[str], size: int, name: str
) -> None:
    every = places([a_cluster("athens"), a_cluster("berlin"), a_cluster("cairo", **PLAIN)], kind())
    best = roomiest(every, {"athens": 2048, "berlin": 9999}, size=size, beside=beside)
    assert best is not None
    assert best.cluster.name == name


def test_the_template_is_the_types_or_the_clusters() -> None:
    place = Place(cluster=a_cluster("athens"), driver=Driver.NATIVE)
    assert place.template(kind()) == "plain"
    assert place.template(kind(**{TEMPLATE: "drbd"})) == "drbd"
    assert Place(cluster=a_cluster("athens"), driver=Driver.EXT).template(kind()) == "ext"
