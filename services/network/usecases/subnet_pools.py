"""What the service does with subnet pools. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from services.network.domain.addressing import overlap
from services.network.domain.errors import InvalidInput, SubnetPoolNotFound
from services.network.domain.pool_errors import (
    AddressScopeNotFound,
    AddressScopePrefixConflict,
    IllegalSubnetPoolIpVersionAssociationToAddressScope,
    IllegalSubnetPoolUpdate,
    SubnetPoolInUse,
)
from services.network.domain.rbac import SUBNET_POOL
from services.network.domain.resource import View
from services.network.domain.subnet_pool import LEAST, MOST, SubnetPool, merged
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, sharing
from services.network.usecases.news import again, check_revision, tell
from shared.clock import utcnow
from shared.contracts.resources import UPDATED
from shared.ids import new_uuid


async def create(
    transaction: Transaction, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[SubnetPool]:
    """Create subnet pools, all or none.

    Raises:
        IllegalSubnetPoolPrefixBounds, InvalidInput: they cannot be meant.
        AddressScopePrefixConflict: another pool of the scope has some of the addresses.
        OverQuota: the project may not have so many.
    """

    async def work() -> list[SubnetPool]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "subnetpool", more)
            return [await _create(stores, view, draft) for draft in drafts]

    return await again(work)


async def _create(stores: Stores, view: View, draft: Mapping[str, Any]) -> SubnetPool:
    version = _version(draft["prefixes"])
    now = utcnow()
    lengths = {"min_prefixlen": LEAST[version], "max_prefixlen": MOST[version]}
    lengths |= {name: draft[name] for name in lengths if draft.get(name) is not None}
    given = {**draft, **lengths, "prefixes": merged(draft["prefixes"]), "ip_version": version}
    if given.get("default_prefixlen") is None:
        given["default_prefixlen"] = given["min_prefixlen"]
    pool = SubnetPool(id=new_uuid(), created_at=now, updated_at=now, **given)
    pool.check_bounds()
    await _check_scope(stores, view, pool)
    await stores.subnet_pools.add(pool)
    await sharing.mirror(stores, SUBNET_POOL, pool)
    return pool


def _version(prefixes: Sequence[str]) -> int:
    versions = {ip_network(each).version for each in prefixes}
    if len(versions) != 1:
        raise InvalidInput("Prefixes of a subnet pool must be of one IP version, and not empty")
    return versions.pop()


async def _check_scope(stores: Stores, view: View, pool: SubnetPool) -> None:
    """Refuse an address scope that the pool cannot be of."""
    if pool.address_scope_id is None:
        return
    scope = await stores.address_scopes.find(pool.address_scope_id)
    if scope is None or not access.shares(view, scope):
        raise AddressScopeNotFound(pool.address_scope_id)
    if scope.ip_version != pool.ip_version:
        raise IllegalSubnetPoolIpVersionAssociationToAddressScope(
            pool.id, scope.id, scope.ip_version
        )
    for other in await stores.subnet_pools.of_scope(scope.id, but=pool.id):
        if any(overlap(one, two) for one in pool.ranges for two in other.ranges):
            raise AddressScopePrefixConflict


async def update(
    transaction: Transaction,
    view: View,
    pool_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> SubnetPool:
    """Change a subnet pool; its prefixes may only grow.

    Raises:
        SubnetPoolNotFound: absent, or another project's.
        IllegalSubnetPoolUpdate, IllegalSubnetPoolPrefixBounds: it cannot become that.
    """

    async def work() -> SubnetPool:
        async with transaction() as stores:
            pool = await own(stores, view, pool_id, "update_subnetpool")
            check_revision(pool, revision)
            given = {
                name: value
                for name, value in changes.items()
                if value is not None or name in {"default_quota", "address_scope_id"}
            }
            if "prefixes" in given:
                given["prefixes"] = _grown(pool, given["prefixes"])
            return await _save(stores, view, pool, replace(pool, **given))

    return await again(work)


def _grown(pool: SubnetPool, prefixes: Sequence[str]) -> tuple[str, ...]:
    if _version(prefixes) != pool.ip_version:
        raise IllegalSubnetPoolUpdate("IP version of prefixes cannot change")
    new = merged(prefixes)
    if merged([*pool.prefixes, *new]) != new:
        raise IllegalSubnetPoolUpdate("Existing prefixes must be a subset of the new prefixes")
    return new


async def _save(stores: Stores, view: View, pool: SubnetPool, changed: SubnetPool) -> SubnetPool:
    changed.check_bounds()
    moved = changed.address_scope_id != pool.address_scope_id
    if moved or changed.prefixes != pool.prefixes:
        await _check_scope(stores, view, changed)
    saved = await stores.subnet_pools.save(changed)
    if moved:
        await _tell_networks(stores, saved)
    return saved


async def _tell_networks(stores: Stores, pool: SubnetPool) -> None:
    """Have networks show the address scope that their subnets are in now."""
    field = f"ipv{pool.ip_version}_address_scope"
    for network_id in await stores.subnet_pools.networks_of(pool.id):
        network = await stores.networks.get(network_id, lock=True)
        changed: Any = {field: pool.address_scope_id}
        saved = await stores.networks.save(replace(network, **changed))
        await tell(stores, UPDATED, [saved])


async def add_prefixes(
    transaction: Transaction, view: View, pool_id: UUID, prefixes: Sequence[str]
) -> SubnetPool:
    """Give a subnet pool more addresses.

    Raises:
        SubnetPoolNotFound: absent, or another project's.
        AddressScopePrefixConflict: another pool of the scope has some of them.
    """

    async def work() -> SubnetPool:
        async with transaction() as stores:
            pool = await own(stores, view, pool_id, "add_prefixes")
            wanted = _grown(pool, [*pool.prefixes, *prefixes])
            return await _save(stores, view, pool, replace(pool, prefixes=wanted))

    return await again(work)


async def remove_prefixes(
    transaction: Transaction, view: View, pool_id: UUID, prefixes: Sequence[str]
) -> SubnetPool:
    """Take addresses from a subnet pool that no subnet has.

    Raises:
        SubnetPoolNotFound: absent, or another project's.
        SubnetPoolInUse: subnets have some of them.
    """

    async def work() -> SubnetPool:
        async with transaction() as stores:
            pool = await own(stores, view, pool_id, "remove_prefixes")
            gone = [ip_network(each) for each in merged(prefixes)]
            left = _without(pool, gone)
            used = await stores.subnet_pools.given(pool.id)
            if any(overlap(one, two) for one in gone for two in used):
                raise SubnetPoolInUse(pool.id, "subnets have addresses of these prefixes")
            return await stores.subnet_pools.save(replace(pool, prefixes=left))

    return await again(work)


def _without(pool: SubnetPool, gone: Sequence[Any]) -> tuple[str, ...]:
    """Return the pool's prefixes without others."""
    left: list[Any] = list(pool.ranges)
    for each in gone:
        if not any(each.version == own.version and each.subnet_of(own) for own in left):
            raise IllegalSubnetPoolUpdate(f"{each} is not among the pool's prefixes")
        left = [
            part
            for own in left
            for part in (own.address_exclude(each) if each.subnet_of(own) else [own])
        ]
    return merged([str(each) for each in left])


async def delete(
    transaction: Transaction, view: View, pool_id: UUID, revision: int | None = None
) -> None:
    """Remove a subnet pool.

    Raises:
        SubnetPoolNotFound: absent, or another project's.
        SubnetPoolDeleteError: subnets are cut from it.
    """

    async def work() -> None:
        async with transaction() as stores:
            pool = await own(stores, view, pool_id, "delete_subnetpool")
            check_revision(pool, revision)
            await stores.rbac.drop(pool.id)
            await stores.subnet_pools.delete(pool)

    await again(work)


async def own(stores: Stores, view: View, pool_id: UUID, rule: str) -> SubnetPool:
    """Return, locked, a pool the caller may change.

    Raises:
        SubnetPoolNotFound: absent, or another project's.
        PolicyNotAuthorized: it is shared with the caller, no more.
    """
    pool = await stores.subnet_pools.get(pool_id, lock=True)
    access.check_own(view, pool, SubnetPoolNotFound(pool_id), rule)
    return pool
