"""Which addresses a new subnet gets: those it names, or some of a pool."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final
from uuid import UUID

from services.network.domain.addressing import IpNetwork, overlap
from services.network.domain.errors import BadRequest, SubnetPoolNotFound
from services.network.domain.pool_errors import (
    NetworkSubnetPoolAffinityError,
    SubnetAllocationError,
    SubnetPoolQuotaExceeded,
)
from services.network.domain.resource import View
from services.network.domain.subnet import Subnet
from services.network.domain.subnet_pool import SubnetPool, first_gap, weight
from services.network.store.stores import Stores
from services.network.usecases import access

FROM_POOLS: Final = ("subnetpool_id", "use_default_subnetpool", "prefixlen", "cidr")


async def range_for(
    stores: Stores, view: View, draft: Mapping[str, Any]
) -> tuple[IpNetwork, SubnetPool | None]:
    """Return the addresses of a new subnet, and the pool they are from.

    Args:
        stores: of the transaction; a pool stays locked in it.
        view: who asks.
        draft: of the subnet.

    Raises:
        BadRequest, MinPrefixSubnetAllocationError, MaxPrefixSubnetAllocationError: it cannot be.
        SubnetPoolNotFound: the pool is absent, or hidden from the caller.
        SubnetAllocationError, SubnetPoolQuotaExceeded: the pool has not so much to give.
    """
    cidr, length = draft.get("cidr"), draft.get("prefixlen")
    pool = await _pool(stores, view, draft)
    if cidr is not None and length is not None:
        raise BadRequest("Bad subnets request: cidr and prefixlen must not be supplied together.")
    if pool is None:
        if cidr is None:
            raise BadRequest(
                "Bad subnets request: a subnetpool must be specified in the absence of a cidr."
            )
        return ip_network(cidr), None
    if pool.ip_version != draft["ip_version"]:
        raise BadRequest("Bad subnets request: cannot mix IP versions of subnet and subnet pool.")
    return await _cut(stores, pool, draft["project_id"], cidr, length), pool


async def _pool(stores: Stores, view: View, draft: Mapping[str, Any]) -> SubnetPool | None:
    pool_id: UUID | None = draft.get("subnetpool_id")
    if draft.get("use_default_subnetpool"):
        if pool_id is not None:
            raise BadRequest(
                "Bad subnets request: subnetpool_id and use_default_subnetpool cannot both be "
                "specified."
            )
        default = await stores.subnet_pools.default(draft["ip_version"])
        if default is None or not access.shares(view, default):
            raise BadRequest(
                f"Bad subnets request: No default IPv{draft['ip_version']} subnetpool found."
            )
        pool_id = default.id
    if pool_id is None:
        return None
    pool = await stores.subnet_pools.get(pool_id, lock=True)
    if not access.shares(view, pool):
        raise SubnetPoolNotFound(pool_id)
    return pool


async def _cut(
    stores: Stores, pool: SubnetPool, project_id: str, cidr: str | None, length: int | None
) -> IpNetwork:
    used = await stores.subnet_pools.given(pool.id)
    if cidr is not None:
        wanted = ip_network(cidr)
        pool.check_length(wanted.prefixlen)
        found = _if_free(pool, used, wanted)
    else:
        wanted_length = pool.default_prefixlen if length is None else length
        pool.check_length(wanted_length)
        gap = first_gap(pool.ranges, used, wanted_length)
        if gap is None:
            raise SubnetAllocationError("Insufficient prefix space to allocate subnet size")
        found = gap
    if pool.default_quota is not None:
        had = await stores.subnet_pools.given(pool.id, project_id)
        if sum(map(weight, had)) + weight(found) > pool.default_quota:
            raise SubnetPoolQuotaExceeded
    return found


def _if_free(pool: SubnetPool, used: Sequence[IpNetwork], wanted: IpNetwork) -> IpNetwork:
    whole: list[Any] = list(pool.ranges)
    inside = any(wanted.version == each.version and wanted.subnet_of(each) for each in whole)
    if not inside or any(overlap(wanted, each) for each in used):
        raise SubnetAllocationError("Cannot allocate requested subnet from the available set")
    return wanted


def check_affinity(others: Sequence[Subnet], version: int, pool: SubnetPool | None) -> None:
    """Refuse to mix pools on a network.

    Raises:
        NetworkSubnetPoolAffinityError: its other subnets are from elsewhere.
    """
    mine = None if pool is None else pool.id
    if any(each.subnetpool_id != mine for each in others if each.ip_version == version):
        raise NetworkSubnetPoolAffinityError
