"""Security groups and their rules: what may reach a port."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import ClassVar, Final
from uuid import UUID

from typing_extensions import override

from services.network.domain.resource import Json, NamedResource, Resource, text_of
from shared.contracts.resources import ResourceChanged, SecurityGroupChanged

DEFAULT_NAME: Final = "default"
DEFAULT_DESCRIPTION: Final = "Default security group"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule(Resource):
    """One thing a security group allows."""

    group_id: UUID
    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: UUID | None = None
    remote_address_group_id: UUID | None = None
    of_default_group: bool = False

    @property
    def fingerprint(self) -> str:
        """What must not occur twice in a group."""
        parts: tuple[object, ...] = (
            self.direction,
            self.ethertype,
            self.protocol,
            self.port_range_min,
            self.port_range_max,
            self._prefix,
            self.remote_group_id,
        )
        if self.remote_address_group_id is not None:
            parts = (*parts, self.remote_address_group_id)
        return "|".join("" if part is None else str(part) for part in parts)

    @property
    def _prefix(self) -> str | None:
        if self.remote_ip_prefix is None:
            return None
        return str(ip_network(self.remote_ip_prefix, strict=False))

    @override
    def document(self) -> Json:
        """Return the rule as its owner sees it."""
        return self.standard() | {
            "security_group_id": str(self.group_id),
            "direction": self.direction,
            "ethertype": self.ethertype,
            "protocol": self.protocol,
            "port_range_min": self.port_range_min,
            "port_range_max": self.port_range_max,
            "remote_ip_prefix": self.remote_ip_prefix,
            "normalized_cidr": self._prefix,
            "remote_group_id": text_of(self.remote_group_id),
            "remote_address_group_id": text_of(self.remote_address_group_id),
            "belongs_to_default_sg": self.of_default_group,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup(NamedResource):
    """A named set of rules."""

    FACT: ClassVar[type[ResourceChanged] | None] = SecurityGroupChanged

    is_default: bool = False
    shared_with: tuple[str, ...] = ()  # projects whose ports may be in it
    rules: tuple[SecurityGroupRule, ...] = ()

    @override
    def document(self) -> Json:
        """Return the group and its rules as its owner sees them."""
        return self.named() | {
            "stateful": True,
            "shared": "*" in self.shared_with,
            "security_group_rules": [rule.document() for rule in self.rules],
        }


# Protocols by name, with their numbers (IANA); clients may say either.
PROTOCOLS: Final[Mapping[str, int]] = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58,
    "igmp": 2, "ip": 0, "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58,
    "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46,
    "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
WITH_PORTS: Final = frozenset({6, 17, 33, 132, 136})
ICMP: Final = frozenset({1, 58})
