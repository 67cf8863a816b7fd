"""A subnet pool: ranges of addresses that subnets are cut from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final
from uuid import UUID

from typing_extensions import override

from services.network.domain.addressing import IpNetwork
from services.network.domain.pool_errors import (
    IllegalSubnetPoolPrefixBounds,
    MaxPrefixSubnetAllocationError,
    MinPrefixSubnetAllocationError,
)
from services.network.domain.resource import Json, NamedResource, text_of

LEAST: Final = {4: 8, 6: 64}  # prefix lengths, unless told
MOST: Final = {4: 32, 6: 128}
COUNTED_IN: Final = {4: 32, 6: 64}  # a quota counts ranges of this length


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPool(NamedResource):
    """A subnet pool of a project."""

    ip_version: int
    prefixes: tuple[str, ...]
    default_prefixlen: int
    min_prefixlen: int
    max_prefixlen: int
    default_quota: int | None = None
    shared: bool = False
    is_default: bool = False
    address_scope_id: UUID | None = None
    shared_with: tuple[str, ...] = ()

    @property
    def ranges(self) -> list[IpNetwork]:
        """The pool's addresses."""
        return [ip_network(each) for each in self.prefixes]

    def check_bounds(self) -> None:
        """Refuse prefix lengths that contradict each other.

        Raises:
            IllegalSubnetPoolPrefixBounds: says which.
        """
        least, usual, most = self.min_prefixlen, self.default_prefixlen, self.max_prefixlen
        if most > MOST[self.ip_version]:
            raise IllegalSubnetPoolPrefixBounds(
                "max_prefixlen", most, "ip_version_max", MOST[self.ip_version]
            )
        if least > most:
            raise IllegalSubnetPoolPrefixBounds("min_prefixlen", least, "max_prefixlen", most)
        if usual < least:
            raise IllegalSubnetPoolPrefixBounds("default_prefixlen", usual, "min_prefixlen", least)
        if usual > most:
            raise IllegalSubnetPoolPrefixBounds("default_prefixlen", usual, "max_prefixlen", most)

    def check_length(self, length: int) -> None:
        """Refuse subnets that are larger or smaller than the pool gives.

        Raises:
            MinPrefixSubnetAllocationError, MaxPrefixSubnetAllocationError: it is.
        """
        if length < self.min_prefixlen:
            raise MinPrefixSubnetAllocationError(length, self.min_prefixlen)
        if length > self.max_prefixlen:
            raise MaxPrefixSubnetAllocationError(length, self.max_prefixlen)

    @override
    def document(self) -> Json:
        """Return the pool as its owner sees it."""
        return self.named() | {
            "ip_version": self.ip_version,
            "prefixes": list(self.prefixes),
            "default_prefixlen": self.default_prefixlen,
            "min_prefixlen": self.min_prefixlen,
            "max_prefixlen": self.max_prefixlen,
            "default_quota": self.default_quota,
            "shared": self.shared,
            "is_default": self.is_default,
            "address_scope_id": text_of(self.address_scope_id),
        }


def merged(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the same addresses in as few prefixes as possible, in order."""
    known: Any = [ip_network(each) for each in prefixes]
    return tuple(str(each) for each in collapse_addresses(known))


def first_gap(
    ranges: Sequence[IpNetwork], used: Iterable[IpNetwork], length: int
) -> IpNetwork | None:
    """Return the lowest range of the length that nobody uses; None when there is none."""
    taken = sorted((int(each.network_address), int(each.broadcast_address)) for each in used)
    for whole in sorted(ranges, key=lambda each: int(each.network_address)):
        if length < whole.prefixlen:
            continue
        size = 1 << (whole.max_prefixlen - length)
        start, end = int(whole.network_address), int(whole.broadcast_address)
        for low, high in taken:
            if high < start:
                continue
            if low >= start + size:
                break
            start = (high // size + 1) * size  # the next multiple of the size
        if start + size - 1 <= end:
            return _network(whole, start, length)
    return None


def _network(like: IpNetwork, start: int, length: int) -> IpNetwork:
    return IPv4Network((start, length)) if like.version == 4 else IPv6Network((start, length))


def weight(cidr: IpNetwork) -> int:
    """Return how much of a quota a range takes."""
    return 1 << max(0, COUNTED_IN[cidr.version] - cidr.prefixlen)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressScope(NamedResource):
    """Ranges that are told apart: the pools of one scope never share addresses."""

    ip_version: int
    shared: bool = False
    shared_with: tuple[str, ...] = ()

    @override
    def document(self) -> Json:
        """Return the scope as its owner sees it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "tenant_id": self.project_id,
            "project_id": self.project_id,
            "ip_version": self.ip_version,
            "shared": self.shared,
        }
