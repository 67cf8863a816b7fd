"""Physical networks and clusters: where networks may lie, and where nodes find them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.network.domain.binding import NetworkLink
from services.network.domain.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalNetwork:
    """A physical network, and the VLANs on it that projects are given."""

    name: str
    flat: bool
    vlans: tuple[tuple[int, int], ...]  # first and last of each range


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What the network service knows of a cluster."""

    name: str
    version: int
    removed: bool
    availability_zone: str
    groups: tuple[str, ...]
    links: Mapping[str, NetworkLink]  # by physical network


def ranges(written: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return VLAN ranges that are written ``100-199`` or ``100``."""
    parts = [each.partition("-") for each in written]
    return tuple((int(low), int(high or low)) for low, _, high in parts)


def link_of(network: Network, cluster: ClusterFacts | None) -> NetworkLink | None:
    """Return where the network is on the cluster's nodes; None when it does not reach it.

    A VLAN is told to Ganeti as an access VLAN (``.100``) on the physical network's own link,
    unless the network is routed: a routing table knows no VLANs.
    """
    if cluster is None or cluster.removed:
        return None
    link = cluster.links.get(network.physical_network)
    if link is None or network.segmentation_id is None or link.mode == "routed":
        return link
    return NetworkLink(mode=link.mode, link=link.link, vlan=f".{network.segmentation_id}")
