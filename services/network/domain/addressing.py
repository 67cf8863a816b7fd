"""Arithmetic of addresses: gateways, pools, and what a MAC makes of an IPv6 prefix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import pairwise
from typing import Final, Self

from typing_extensions import override

from services.network.domain.errors import (
    GatewayConflictWithAllocationPools,
    InvalidAllocationPool,
    InvalidInput,
    OutOfBoundsAllocationPool,
    OverlappingAllocationPools,
)

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

# The shortest prefixes without room for a host beside the network's own addresses.
POINT_TO_POINT: Final = {4: 31, 6: 127}


@dataclass(frozen=True, slots=True)
class Pool:
    """Addresses that are given out, first and last included."""

    start: str
    end: str

    @classmethod
    def between(cls, first: IpAddress, last: IpAddress) -> Self:
        """Return the pool of these addresses and all between."""
        return cls(str(first), str(last))

    @property
    def first(self) -> IpAddress:
        """The lowest address."""
        return ip_address(self.start)

    @property
    def last(self) -> IpAddress:
        """The highest address."""
        return ip_address(self.end)

    def holds(self, address: IpAddress) -> bool:
        """Whether the address is in the pool."""
        return int(self.first) <= int(address) <= int(self.last)

    def size(self) -> int:
        """Return how many addresses there are."""
        return int(self.last) - int(self.first) + 1

    def as_json(self) -> dict[str, str]:
        """Return the pool as the API shows it."""
        return {"start": self.start, "end": self.end}

    @override
    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def overlap(one: IpNetwork, other: IpNetwork) -> bool:
    """Whether two ranges share addresses."""
    return (
        one.version == other.version
        and int(one.network_address) <= int(other.broadcast_address)
        and int(other.network_address) <= int(one.broadcast_address)
    )


def hosts(cidr: IpNetwork) -> tuple[int, int]:
    """Return the lowest and highest address a host may have, as numbers.

    IPv4 keeps the network's and the broadcast address back, IPv6 the subnet-router anycast one.
    """
    first, last = int(cidr.network_address), int(cidr.broadcast_address)
    if cidr.prefixlen >= POINT_TO_POINT[cidr.version]:
        return first, last
    return first + 1, last - (cidr.version == 4)


def is_host(address: IpAddress, cidr: IpNetwork) -> bool:
    """Whether a host of the subnet may have the address."""
    low, high = hosts(cidr)
    return address.version == cidr.version and low <= int(address) <= high


def first_host(cidr: IpNetwork) -> IpAddress:
    """Return the address a gateway gets unless the user says otherwise."""
    return _address(cidr, hosts(cidr)[0])


def pools_without(gateway: IpAddress | None, cidr: IpNetwork) -> tuple[Pool, ...]:
    """Return the pools of a subnet whose user asked for none: every host but the gateway."""
    low, high = hosts(cidr)
    if gateway is None or not low <= int(gateway) <= high:
        return (Pool.between(_address(cidr, low), _address(cidr, high)),)
    parts = ((low, int(gateway) - 1), (int(gateway) + 1, high))
    return tuple(
        Pool.between(_address(cidr, first), _address(cidr, last))
        for first, last in parts
        if first <= last
    )


def check_pools(pools: Sequence[Pool], cidr: IpNetwork) -> None:
    """Refuse pools that are no ranges, leave the subnet, or share addresses.

    Raises:
        InvalidAllocationPool: a pool mixes versions or ends before it starts.
        OutOfBoundsAllocationPool: a pool has addresses no host may have.
        OverlappingAllocationPools: two pools share addresses.
    """
    for pool in pools:
        if pool.first.version != pool.last.version or int(pool.first) > int(pool.last):
            raise InvalidAllocationPool(pool)
        if not (is_host(pool.first, cidr) and is_host(pool.last, cidr)):
            raise OutOfBoundsAllocationPool(pool, cidr)
    for one, other in pairwise(sorted(pools, key=lambda pool: int(pool.first))):
        if int(other.first) <= int(one.last):
            raise OverlappingAllocationPools(one, other, cidr)


def check_gateway(gateway: IpAddress | None, pools: Iterable[Pool], cidr: IpNetwork) -> None:
    """Refuse a gateway that no host could have, or that the pools would give out.

    Raises:
        InvalidInput: the gateway is of another version, or not a host's address.
        GatewayConflictWithAllocationPools: a pool holds it.
    """
    if gateway is None:
        return
    if gateway.version != cidr.version or (gateway in cidr and not is_host(gateway, cidr)):
        raise InvalidInput(f"Gateway {gateway} is not valid on subnet {cidr}")
    if gateway.version == 4 and gateway not in cidr:
        # Ganeti's networks take no gateway from elsewhere.
        raise InvalidInput("Gateway is not valid on subnet")
    for pool in pools:
        if pool.holds(gateway):
            raise GatewayConflictWithAllocationPools(gateway, pool)


def free_between(pools: Iterable[Pool], taken: Iterable[str]) -> list[Pool]:
    """Return what is left of the pools once the taken addresses are gone."""
    used = sorted(int(ip_address(each)) for each in taken)
    free: list[Pool] = []
    for pool in pools:
        start, end = int(pool.first), int(pool.last)
        for address in used:
            if not start <= address <= end:
                continue
            if address > start:
                free.append(_range(pool, start, address - 1))
            start = address + 1
        if start <= end:
            free.append(_range(pool, start, end))
    return free


def _range(pool: Pool, first: int, last: int) -> Pool:
    kind = type(pool.first)
    return Pool.between(kind(first), kind(last))


def derived_address(cidr: str, mac: str) -> str:
    """Return the address a guest with this MAC makes for itself (EUI-64, RFC 4291)."""
    bytes_ = bytearray.fromhex(mac.replace(":", ""))
    bytes_[0] ^= 0x02
    identifier = bytes_[:3] + b"\xff\xfe" + bytes_[3:]
    return str(IPv6Address(int(ip_network(cidr).network_address) + int.from_bytes(identifier)))


def _address(cidr: IpNetwork, number: int) -> IpAddress:
    return IPv4Address(number) if cidr.version == 4 else IPv6Address(number)
