"""How a port meets a Ganeti cluster: what the cluster offers, and what follows for the port."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.network.domain.resource import Json
from shared.ids import derived


class VifType(StrEnum):
    """How the port is plugged, in Neutron's words."""

    UNBOUND = "unbound"
    BRIDGE = "bridge"
    OVS = "ovs"
    OTHER = "other"  # routed
    FAILED = "binding_failed"


PLUGGED: Final = {
    "bridged": VifType.BRIDGE,
    "openvswitch": VifType.OVS,
    "routed": VifType.OTHER,
}


class Realisation(StrEnum):
    """How far a subnet has come on a cluster."""

    WANTED = "wanted"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLink:
    """Where a network is found on the nodes of one cluster."""

    mode: str
    link: str
    vlan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSubnet:
    """A subnet on a cluster: the Ganeti network that stands for it."""

    subnet_id: UUID
    cluster: str
    state: Realisation
    ganeti_network: str
    groups: tuple[str, ...] = ()  # node groups it is connected to
    mode: str = ""
    link: str = ""
    vlan: str | None = None

    @property
    def subject(self) -> UUID:
        """What sagas about it work on."""
        return realised_as(self.subnet_id, self.cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What becomes of a port that shall be used on a cluster."""

    vif_type: VifType
    details: Json = field(default_factory=dict)


UNBOUND: Final = Binding(vif_type=VifType.UNBOUND)
IMPOSSIBLE: Final = Binding(vif_type=VifType.FAILED)


def realised_as(subnet_id: UUID, cluster: str) -> UUID:
    """Return the id of a subnet's life on a cluster."""
    return derived(subnet_id, "cluster", cluster)


def plugged(ganeti_network: str | None, link: NetworkLink) -> Binding:
    """Return the binding of a port that may be used now."""
    details = {
        "port_filter": False,  # nothing on the nodes filters yet, and we say so
        "connectivity": "l2",
        "ganeti_network": ganeti_network,
        "mode": link.mode,
        "link": link.link,
        "vlan": link.vlan,
    }
    return Binding(vif_type=PLUGGED.get(link.mode, VifType.OTHER), details=details)


def through(ready: ClusterSubnet) -> Binding:
    """Return the binding of a port whose subnet is ready on its cluster."""
    link = NetworkLink(mode=ready.mode, link=ready.link, vlan=ready.vlan)
    return plugged(ready.ganeti_network, link)
