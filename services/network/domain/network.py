"""A network: one broadcast domain, on one VLAN or untagged physical network."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from services.network.domain.resource import Json, NamedResource, text_of
from shared.contracts.resources import NetworkChanged, ResourceChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(NamedResource):
    """A network of a project."""

    FACT: ClassVar[type[ResourceChanged] | None] = NetworkChanged

    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    is_default: bool = False
    port_security_enabled: bool = True
    mtu: int = 1500
    dns_domain: str = ""
    availability_zone_hints: tuple[str, ...] = ()
    network_type: str = "vlan"  # or flat
    physical_network: str = ""
    segmentation_id: int | None = None
    is_placed: bool = False  # an administrator chose the place; otherwise we did
    subnet_ids: tuple[UUID, ...] = ()
    ipv4_address_scope: UUID | None = None  # of the pools its subnets are from
    ipv6_address_scope: UUID | None = None
    shared_with: tuple[str, ...] = ()  # projects that may use it as their own
    external_to: tuple[str, ...] = ()  # projects that may reach the world through it

    @property
    def status(self) -> str:
        """The status clients see: a network that may carry traffic is there at once."""
        return "ACTIVE" if self.admin_state_up else "DOWN"

    @override
    def document(self) -> Json:
        """Return the network as its owner sees it."""
        return self.named() | {
            "admin_state_up": self.admin_state_up,
            "status": self.status,
            "subnets": [str(each) for each in self.subnet_ids],
            "shared": self.shared,
            "router:external": self.external or bool(self.external_to),
            "is_default": self.is_default,
            "mtu": self.mtu,
            "port_security_enabled": self.port_security_enabled,
            "dns_domain": self.dns_domain,
            "availability_zone_hints": list(self.availability_zone_hints),
            "availability_zones": [],
            "ipv4_address_scope": text_of(self.ipv4_address_scope),
            "ipv6_address_scope": text_of(self.ipv6_address_scope),
        }

    @override
    def restricted(self) -> Json:
        """Return where the network is on the wire.

        Clients take a network with a physical network for one of the provider's, which reaches
        the world; what we placed ourselves is a project's.
        """
        return {
            "provider:network_type": self.network_type,
            "provider:physical_network": self.physical_network if self.is_placed else None,
            "provider:segmentation_id": self.segmentation_id,
        }
