"""Where images may be brought from: nothing of ours can be reached by asking us to fetch it.

A user names a URL and this service, which stands inside, fetches it. So a source is outside:
by its name, where lists say so, and always by the address its name leads to.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from shared.errors import BadInput

DIRECT: Final = "glance-direct"
WEB: Final = "web-download"
METHODS: Final = (DIRECT, WEB)
LONGEST: Final = 2048  # characters of a URI
NAT64: Final = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class SourceRefused(BadInput):
    """Nothing is fetched from there."""

    code = "image.source_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """Which sources there may be."""

    schemes: frozenset[str]
    ports: frozenset[int]
    hosts: frozenset[str] = frozenset()  # empty: any that is not denied
    denied_hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()  # inside ones that are sources all the same

    def allows(self, scheme: str, host: str | None, port: int | None) -> bool:
        """Whether a URL of these parts may be asked, as far as its parts tell."""
        if scheme not in self.schemes or port not in self.ports or not host:
            return False
        name = host.lower().rstrip(".")
        if name in self.denied_hosts or (self.hosts and name not in self.hosts):
            return False
        return not _is_address(name) or self.allows_address(name)

    def allows_address(self, text: str) -> bool:
        """Whether a connection to this address may be made."""
        if not _is_address(text):
            return False
        address = ip_address(text)
        inside = any(_meant(address) in network for network in self.networks)
        return inside or _is_outside(_meant(address))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _meant(address: Address) -> Address:
    """Return the address that is reached: some of IPv6 only wrap one of IPv4."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_outside(address: Address) -> bool:
    private = (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )
    teredo = isinstance(address, IPv6Address) and address.teredo is not None
    return address.is_global and not private and not teredo
