"""Subnet pools and address scopes, inside one transaction."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.addressing import IpNetwork
from services.network.domain.errors import InvalidInput, SubnetPoolNotFound
from services.network.domain.pool_errors import (
    AddressScopeInUse,
    AddressScopeNotFound,
    SubnetPoolDeleteError,
)
from services.network.domain.subnet_pool import AddressScope, SubnetPool
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import address_scopes, subnet_pools, subnets

ONE_DEFAULT = "subnet_pools_one_default"


class SubnetPoolStore(Rows[SubnetPool]):
    """Subnet pools."""

    table = subnet_pools

    @override
    def read(self, row: sa.Row[Any]) -> SubnetPool:
        """Return what the row describes."""
        return SubnetPool(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return SubnetPoolNotFound(thing_id)

    @override
    async def add(self, *things: SubnetPool) -> None:
        """Write new pools.

        Raises:
            InvalidInput: there is a default pool of the IP version.
        """
        try:
            await Rows.add(self, *things)
        except IntegrityError as taken:
            raise _one_default(taken) from taken

    @override
    async def save(self, thing: SubnetPool) -> SubnetPool:
        """Write the pool over the revision it was read at.

        Raises:
            InvalidInput: there is a default pool of the IP version.
        """
        try:
            return await Rows.save(self, thing)
        except IntegrityError as taken:
            raise _one_default(taken) from taken

    @override
    async def delete(self, thing: SubnetPool) -> None:
        """Remove the pool.

        Raises:
            SubnetPoolDeleteError: subnets are cut from it.
        """
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise SubnetPoolDeleteError from used

    async def default(self, ip_version: int) -> SubnetPool | None:
        """Return the pool that subnets are cut from when nobody says which."""
        found = await self.where(subnet_pools.c.is_default, subnet_pools.c.ip_version == ip_version)
        return found[0] if found else None

    async def given(self, pool_id: UUID, project_id: str | None = None) -> list[IpNetwork]:
        """Return the ranges that were cut from the pool, perhaps only a project's."""
        found = sa.select(subnets.c.cidr).where(subnets.c.subnetpool_id == pool_id)
        if project_id is not None:
            found = found.where(subnets.c.project_id == project_id)
        rows = await self._connection.execute(found)
        return [ip_network(each) for each in rows.scalars()]

    async def of_scope(self, scope_id: UUID, *, but: UUID) -> list[SubnetPool]:
        """Return the other pools of an address scope; nobody adds one meanwhile."""
        await self._connection.execute(
            sa.select(address_scopes.c.id).where(address_scopes.c.id == scope_id).with_for_update()
        )
        return await self.where(
            subnet_pools.c.address_scope_id == scope_id, subnet_pools.c.id != but
        )

    async def networks_of(self, pool_id: UUID) -> Sequence[UUID]:
        """Return the networks with subnets from the pool."""
        found = (
            sa.select(subnets.c.network_id)
            .where(subnets.c.subnetpool_id == pool_id)
            .distinct()
            .order_by(subnets.c.network_id)
        )
        return list((await self._connection.execute(found)).scalars())


def _one_default(error: IntegrityError) -> Exception:
    if ONE_DEFAULT in str(error.orig):
        return InvalidInput(
            "A default subnetpool for this IP family has already been set. Only one default may "
            "exist per IP family"
        )
    return error


class AddressScopeStore(Rows[AddressScope]):
    """Address scopes."""

    table = address_scopes

    @override
    def read(self, row: sa.Row[Any]) -> AddressScope:
        """Return what the row describes."""
        return AddressScope(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return AddressScopeNotFound(thing_id)

    @override
    async def delete(self, thing: AddressScope) -> None:
        """Remove the scope.

        Raises:
            AddressScopeInUse: pools are of it.
        """
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise AddressScopeInUse(thing.id) from used
