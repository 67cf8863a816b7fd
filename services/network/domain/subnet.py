"""A subnet: a range of addresses on a network, and what guests are told with an address."""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from services.network.domain.addressing import IpNetwork, Pool
from services.network.domain.resource import Json, NamedResource, text_of
from shared.contracts.resources import ResourceChanged, SubnetChanged

MOST_NAME_SERVERS = 5
MOST_ROUTES = 20
AUTOMATIC = frozenset({"slaac", "dhcpv6-stateless"})  # modes in which the MAC makes the address


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(NamedResource):
    """A subnet of a network."""

    FACT: ClassVar[type[ResourceChanged] | None] = SubnetChanged

    network_id: UUID
    subnetpool_id: UUID | None = None  # what it was cut from
    ip_version: int
    cidr: str
    gateway_ip: str | None = None
    allocation_pools: tuple[Pool, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[Json, ...] = ()
    enable_dhcp: bool = True
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    service_types: tuple[str, ...] = ()
    dns_publish_fixed_ip: bool = False

    @property
    def range(self) -> IpNetwork:
        """The addresses of the subnet."""
        return ip_network(self.cidr)

    @property
    def is_automatic(self) -> bool:
        """Whether a port's address follows from its MAC."""
        return self.ipv6_address_mode in AUTOMATIC

    @override
    def document(self) -> Json:
        """Return the subnet as its owner sees it."""
        return self.named() | {
            "network_id": str(self.network_id),
            "ip_version": self.ip_version,
            "cidr": self.cidr,
            "gateway_ip": self.gateway_ip,
            "allocation_pools": [pool.as_json() for pool in self.allocation_pools],
            "dns_nameservers": list(self.dns_nameservers),
            "host_routes": list(self.host_routes),
            "enable_dhcp": self.enable_dhcp,
            "ipv6_ra_mode": self.ipv6_ra_mode,
            "ipv6_address_mode": self.ipv6_address_mode,
            "subnetpool_id": text_of(self.subnetpool_id),
            "service_types": list(self.service_types),
            "dns_publish_fixed_ip": self.dns_publish_fixed_ip,
        }
