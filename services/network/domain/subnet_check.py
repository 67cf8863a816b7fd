"""What makes a subnet one that cannot be meant."""

from services.network.domain.addressing import IpNetwork
from services.network.domain.errors import (
    DNSNameServersExhausted,
    HostRoutesExhausted,
    InvalidInput,
)
from services.network.domain.subnet import MOST_NAME_SERVERS, MOST_ROUTES, Subnet

EUI64_PREFIX = 64


def check_range(cidr: IpNetwork, ip_version: int, *, enable_dhcp: bool) -> None:
    """Refuse a range of addresses that no subnet can have.

    Raises:
        InvalidInput: says why.
    """
    if cidr.version != ip_version:
        raise InvalidInput(f"cidr '{cidr}' does not match the ip_version '{ip_version}'")
    if cidr.prefixlen == 0:
        raise InvalidInput("0 is not allowed as CIDR prefix length")
    if enable_dhcp and cidr.is_multicast:
        raise InvalidInput("Multicast IP subnet is not supported if enable_dhcp is True")
    if enable_dhcp and cidr.is_loopback:
        raise InvalidInput("Loopback IP subnet is not supported if enable_dhcp is True")


def check_modes(subnet: Subnet) -> None:
    """Refuse lists that are too long, and IPv6 modes that contradict each other.

    Raises:
        InvalidInput: says why.
        DNSNameServersExhausted, HostRoutesExhausted: too many.
    """
    if len(subnet.dns_nameservers) > MOST_NAME_SERVERS:
        raise DNSNameServersExhausted(subnet.id, MOST_NAME_SERVERS)
    if len(subnet.host_routes) > MOST_ROUTES:
        raise HostRoutesExhausted(subnet.id, MOST_ROUTES)
    _check_ipv6_modes(subnet)


def _check_ipv6_modes(subnet: Subnet) -> None:
    advertised, addressed = subnet.ipv6_ra_mode, subnet.ipv6_address_mode
    if advertised is None and addressed is None:
        return
    if subnet.ip_version == 4:
        raise InvalidInput("ipv6_ra_mode and ipv6_address_mode are not valid for an IPv4 subnet")
    if not subnet.enable_dhcp:
        raise InvalidInput(
            "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False"
        )
    if advertised and addressed and advertised != addressed:
        raise InvalidInput(
            f"ipv6_ra_mode set to '{advertised}' with ipv6_address_mode set to '{addressed}' is "
            "not valid. If both attributes are set, they must be the same value"
        )
    if subnet.is_automatic and subnet.range.prefixlen != EUI64_PREFIX:
        raise InvalidInput(
            f"Invalid CIDR {subnet.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address "
            "format, which requires the prefix to be /64"
        )
