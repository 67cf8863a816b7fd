"""Which cluster gets a server."""

from random import Random
from typing import Any

import pytest

from services.compute.domain.placement import (
    FILTERS,
    WEIGHERS,
    KnownRooms,
    Policy,
    Promised,
    Size,
    Wish,
    choose,
    rooms_of,
    shares,
    zone_and_node,
)
from services.compute.settings import ComputeSettings
from shared.contracts.gateway import ClusterState
from shared.errors import BadInput
from tests.unit.compute.making import a_cluster, a_node

SMALL = Size(vcpus=1, memory=1024, disk=10_000)
BIG = Size(vcpus=1, memory=6144, disk=10_000)


def a_wish(**changes: Any) -> Wish:
    """Return the wish for a small server anywhere."""
    return Wish(**({"size": SMALL} | changes))


def test_the_freest_cluster_wins() -> None:
    full = a_cluster("full", a_node(memory_free=2048))
    free = a_cluster("free", a_node(memory_free=8192))
    choice = choose(a_wish(), [full, free], Policy())
    assert choice is not None
    assert (choice.cluster.name, choice.node) == ("free", None)


@pytest.mark.parametrize(
    "cluster",
    [
        a_cluster("c", state=ClusterState.DRAINED),
        a_cluster("c", state=ClusterState.REMOVED),
        a_cluster("c", health="down"),
        a_cluster("c", a_node(offline=True)),
        a_cluster("c", a_node(drained=True)),
        a_cluster("c", a_node(vm_capable=False)),
        a_cluster("c", a_node(memory_free=1023)),
        a_cluster("c", a_node(disk_free=9_999)),
        a_cluster("c", a_node(vcpus=0)),
    ],
    ids=range(9),
)
def test_a_cluster_that_cannot_take_it_is_passed_over(cluster: Any) -> None:
    assert choose(a_wish(), [cluster], Policy()) is None


def test_a_server_fits_a_node_not_the_sum_of_them() -> None:
    many = a_cluster("c", *(a_node(f"n{at}", memory_free=1000) for at in range(10)))
    assert choose(a_wish(), [many], Policy()) is None


def test_what_was_promised_is_gone() -> None:
    cluster = a_cluster("c", a_node(memory_free=8192))
    policy = Policy(promised={"c": [Promised(size=BIG)]})
    assert choose(a_wish(size=BIG), [cluster], Policy()) is not None
    assert choose(a_wish(size=BIG), [cluster], policy) is None
    assert choose(a_wish(), [cluster], policy) is not None


def test_promises_are_packed_one_by_one_and_to_the_node_they_name() -> None:
    cluster = a_cluster("c", a_node("a"), a_node("b"))
    spread = rooms_of(cluster, [Promised(size=BIG), Promised(size=BIG)])
    assert [room.memory for room in spread] == [2048, 2048]
    alike = rooms_of(cluster, [Promised(size=SMALL, count=5)])
    assert sorted(room.memory for room in alike) == [5120, 6144]
    named = rooms_of(cluster, [Promised(size=BIG, node="b"), Promised(size=SMALL, node="b")])
    assert {room.node.name: room.memory for room in named} == {"a": 8192, "b": 1024}


def one_after_the_other(free: dict[str, int], size: int, count: int) -> dict[str, int]:
    """Give each server to the freest node, the first by name of several."""
    left, taken = dict(free), dict.fromkeys(free, 0)
    for _ in range(count if free else 0):
        name = min(left, key=lambda each: (-left[each], each))
        left[name] -= size
        taken[name] += 1
    return {name: times for name, times in taken.items() if times}


def test_sharing_out_many_servers_is_giving_each_to_the_freest_node() -> None:
    chance = Random(7)
    for _ in range(500):
        names = "dacbe"[: chance.randrange(6)]
        free = {name: chance.choice([0, 5, 512, 1024, 8192, -300]) for name in names}
        size, count = chance.choice([0, 1, 7, 512, 2048]), chance.randrange(40)
        assert shares(free, size, count) == one_after_the_other(free, size, count)


def test_a_crowd_is_shared_out_without_looking_at_everyone() -> None:
    free = {f"n{at}": 2**40 + at for at in range(10)}
    given = shares(free, 1024, 10**9)  # one by one this would take minutes
    assert sum(given.values()) == 10**9
    assert max(given.values()) - min(given.values()) <= 1


def test_rooms_are_known_until_the_cluster_or_its_promises_change() -> None:
    known = KnownRooms()
    cluster, promised = a_cluster("c", a_node()), [Promised(size=SMALL)]
    before = known.of(cluster, promised)
    assert known.of(cluster, list(promised)) is before
    promised.append(Promised(size=SMALL))
    assert [room.memory for room in known.of(cluster, promised)] == [6144]
    changed = a_cluster("c", a_node(memory_free=4096))
    assert [room.memory for room in known.of(changed, promised)] == [2048]


def test_a_cluster_that_was_tried_is_not_tried_again() -> None:
    assert choose(a_wish(tried=frozenset({"c"})), [a_cluster("c")], Policy()) is None


def test_the_zone_and_the_node_asked_for_are_heeded() -> None:
    clusters = [a_cluster("a", a_node("n1"), a_node("n2")), a_cluster("b")]
    choice = choose(a_wish(zone="az-a", node="n2"), clusters, Policy())
    assert choice is not None
    assert (choice.cluster.name, choice.node) == ("a", "n2")
    assert choose(a_wish(zone="az-b", node="n2"), clusters, Policy()) is None


def test_a_group_is_kept_together() -> None:
    clusters = [a_cluster("a", a_node("n1"), a_node("n2")), a_cluster("b")]
    choice = choose(a_wish(only_on=("a", "n2")), clusters, Policy())
    assert choice is not None
    assert (choice.cluster.name, choice.node) == ("a", "n2")


def test_a_group_is_kept_apart() -> None:
    cluster = a_cluster("a", a_node("n1", memory_free=9000), a_node("n2"))
    apart = frozenset({("a", "n1")})
    choice = choose(a_wish(apart_from=apart, needs_node=True), [cluster], Policy())
    assert choice is not None
    assert choice.node == "n2"
    everywhere = apart | {("a", "n2")}
    assert choose(a_wish(apart_from=everywhere, needs_node=True), [cluster], Policy()) is None


def test_the_shipped_settings_name_filters_and_weighers_that_are_there() -> None:
    settings = ComputeSettings()
    assert set(settings.scheduler_filters) == set(FILTERS)
    assert set(settings.scheduler_weighers) <= set(WEIGHERS)


def test_leaving_a_filter_out_leaves_its_rule_out() -> None:
    drained = a_cluster("c", state=ClusterState.DRAINED)
    assert choose(a_wish(), [drained], Policy(filters=["capacity"])) is not None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, (None, None)),
        ("az-a", ("az-a", None)),
        ("az-a:n1", ("az-a", "n1")),
        ("az-a:host:n1", ("az-a", "n1")),
        ("az-a::n1", ("az-a", "n1")),
        (":n1", (None, "n1")),
    ],
)
def test_zones_are_written_as_nova_writes_them(
    asked: str | None, found: tuple[str | None, str | None]
) -> None:
    assert zone_and_node(asked, [a_cluster("a")], None) == found


@pytest.mark.parametrize("asked", ["elsewhere", "a:b:c:d"])
def test_an_impossible_zone_is_refused(asked: str) -> None:
    with pytest.raises(BadInput):
        zone_and_node(asked, [a_cluster("a")], None)


def test_there_may_be_a_zone_for_those_who_name_none() -> None:
    assert zone_and_node(None, [a_cluster("a")], "az-a") == ("az-a", None)


@pytest.mark.parametrize(("memory_free", "name"), [(8193, "with"), (8191, "without")])
def test_a_cluster_with_volumes_it_might_be_given_is_worth_half_a_cluster_of_memory(
    memory_free: int, name: str
) -> None:
    near = a_cluster("with", a_node(memory_free=memory_free))
    empty = a_cluster("without", a_node(memory_free=16384))
    choice = choose(a_wish(beside=frozenset({"with"})), [near, empty], Policy())
    assert choice is not None
    assert choice.cluster.name == name
