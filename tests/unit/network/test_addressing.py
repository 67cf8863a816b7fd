"""Arithmetic of addresses."""

from ipaddress import ip_address, ip_network

import pytest

from services.network.domain.addressing import (
    Pool,
    derived_address,
    first_host,
    free_between,
    hosts,
    pools_without,
)
from services.network.domain.binding import NetworkLink
from services.network.domain.network import Network
from services.network.domain.physical import ClusterFacts, link_of, ranges
from shared.clock import utcnow
from shared.ids import new_uuid


@pytest.mark.parametrize(
    ("cidr", "first", "last"),
    [
        ("10.0.0.0/24", "10.0.0.1", "10.0.0.254"),
        ("10.0.0.0/30", "10.0.0.1", "10.0.0.2"),
        ("10.0.0.0/31", "10.0.0.0", "10.0.0.1"),
        ("10.0.0.7/32", "10.0.0.7", "10.0.0.7"),
        ("fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff"),
        ("fd00::/127", "fd00::", "fd00::1"),
    ],
)
def test_what_hosts_may_have(cidr: str, first: str, last: str) -> None:
    assert hosts(ip_network(cidr)) == (int(ip_address(first)), int(ip_address(last)))
    assert str(first_host(ip_network(cidr))) == first


def test_the_gateway_splits_the_pool() -> None:
    found = pools_without(ip_address("10.0.0.4"), ip_network("10.0.0.0/29"))
    assert [str(pool) for pool in found] == ["10.0.0.1-10.0.0.3", "10.0.0.5-10.0.0.6"]


def test_a_subnet_of_one_address_has_nothing_left_beside_its_gateway() -> None:
    assert pools_without(ip_address("10.0.0.7"), ip_network("10.0.0.7/32")) == ()


def test_what_is_taken_is_not_free() -> None:
    pools = [Pool("10.0.0.1", "10.0.0.5"), Pool("10.0.0.9", "10.0.0.9")]
    free = free_between(pools, ["10.0.0.1", "10.0.0.3", "10.0.0.9", "10.0.0.200"])
    assert [str(pool) for pool in free] == ["10.0.0.2-10.0.0.2", "10.0.0.4-10.0.0.5"]
    assert free_between(pools, []) == pools


def test_a_mac_makes_an_address() -> None:
    assert derived_address("fd00::/64", "fa:16:3e:01:02:03") == "fd00::f816:3eff:fe01:203"


def a_network(tag: int | None) -> Network:
    now = utcnow()
    return Network(
        id=new_uuid(),
        project_id="p",
        created_at=now,
        updated_at=now,
        physical_network="physnet1",
        segmentation_id=tag,
    )


def a_cluster(link: NetworkLink, *, removed: bool = False) -> ClusterFacts:
    return ClusterFacts(
        name="athens",
        version=1,
        removed=removed,
        availability_zone="az1",
        groups=("default",),
        links={"physnet1": link},
    )


@pytest.mark.parametrize(
    ("mode", "tag", "vlan"),
    [("bridged", None, None), ("bridged", 100, ".100"), ("openvswitch", 100, ".100"),
     ("routed", 100, None)],
)  # fmt: skip
def test_where_a_network_is_on_a_cluster(mode: str, tag: int | None, vlan: str | None) -> None:
    link = link_of(a_network(tag), a_cluster(NetworkLink(mode=mode, link="br0")))
    assert link == NetworkLink(mode=mode, link="br0", vlan=vlan)


def test_a_network_is_not_on_clusters_without_its_link() -> None:
    cluster = a_cluster(NetworkLink(mode="bridged", link="br0"), removed=True)
    assert link_of(a_network(100), cluster) is None
    assert link_of(a_network(100), None) is None


def test_ranges_are_read() -> None:
    assert ranges(["100-199", "300"]) == ((100, 199), (300, 300))
