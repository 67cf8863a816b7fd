"""Subnets, inside one transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.addressing import Pool
from services.network.domain.errors import SubnetInUse, SubnetNotFound
from services.network.domain.subnet import Subnet
from services.network.store.rows import Rows, arguments_of
from services.network.store.tables import addresses, subnets


def subnet_of(row: Mapping[str, Any]) -> Subnet:
    """Return the subnet a row describes."""
    given = arguments_of(row)
    given["allocation_pools"] = tuple(Pool(**each) for each in given["allocation_pools"])
    return Subnet(**given)


class SubnetStore(Rows[Subnet]):
    """Subnets."""

    table = subnets

    @override
    def read(self, row: sa.Row[Any]) -> Subnet:
        """Return what the row describes."""
        return subnet_of(row._asdict())

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return SubnetNotFound(thing_id)

    @override
    async def delete(self, thing: Subnet) -> None:
        """Remove the subnet.

        Raises:
            SubnetInUse: ports have addresses of it.
        """
        reserved = sa.and_(addresses.c.subnet_id == thing.id, addresses.c.port_id.is_(None))
        await self._connection.execute(sa.delete(addresses).where(reserved))
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise SubnetInUse(thing.id) from used

    async def of(self, network_id: UUID) -> list[Subnet]:
        """Return the network's subnets, oldest first."""
        found = await self.where(subnets.c.network_id == network_id)
        return sorted(found, key=lambda subnet: (subnet.created_at, subnet.id))
