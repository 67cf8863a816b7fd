"""Address management: who has which address, and which to give out next.

``addresses`` decides (its primary key); ``free_ranges`` knows where to look, so that giving out
the next address costs the same in an empty and in a full subnet.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain.addressing import Pool, free_between
from services.network.domain.port import FixedIp
from services.network.domain.subnet import Subnet
from services.network.store.tables import addresses, free_ranges

# Take the first address of the lowest range. The range's row is locked until the transaction
# ends, and whoever waited for it sees what is left of it.
TAKE_NEXT = sa.text(
    """
    WITH next AS (
      UPDATE free_ranges SET first = first + 1
      WHERE id = (
        SELECT id FROM free_ranges WHERE subnet_id = :subnet AND first <= last
        ORDER BY first LIMIT 1 FOR UPDATE
      )
      RETURNING first - 1 AS address
    ), written AS (
      INSERT INTO addresses (subnet_id, address, port_id)
      SELECT :subnet, next.address, :port FROM next
      ON CONFLICT DO NOTHING
      RETURNING 1
    )
    SELECT host(next.address) AS address, EXISTS (SELECT 1 FROM written) AS is_ours FROM next
    """
).bindparams(sa.bindparam("subnet", type_=sa.Uuid), sa.bindparam("port", type_=sa.Uuid))

IS_ANY_FREE = sa.text(
    "SELECT EXISTS (SELECT 1 FROM free_ranges WHERE subnet_id = :subnet AND first <= last)"
).bindparams(sa.bindparam("subnet", type_=sa.Uuid))

# Cut one address out of the range that holds it, and write whose it is.
TAKE = sa.text(
    """
    WITH held AS (
      SELECT id, last FROM free_ranges
      WHERE subnet_id = :subnet AND first <= last
        AND first <= CAST(:address AS inet) AND last >= CAST(:address AS inet)
      LIMIT 1 FOR UPDATE
    ), shortened AS (
      UPDATE free_ranges SET last = CAST(:address AS inet) - 1
      WHERE id IN (SELECT id FROM held)
    ), rest AS (
      INSERT INTO free_ranges (subnet_id, first, last)
      SELECT :subnet, CAST(:address AS inet) + 1, held.last FROM held
      WHERE held.last > CAST(:address AS inet)
    ), written AS (
      INSERT INTO addresses (subnet_id, address, port_id)
      VALUES (:subnet, CAST(:address AS inet), :port)
      ON CONFLICT DO NOTHING
      RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM written)
    """
).bindparams(
    sa.bindparam("subnet", type_=sa.Uuid),
    sa.bindparam("address", type_=sa.Text),
    sa.bindparam("port", type_=sa.Uuid),
)


# Take all of a port's addresses back; those that a pool gave out will be given out again.
RELEASE_ALL = sa.text(
    """
    WITH gone AS (
      DELETE FROM addresses WHERE port_id = :port RETURNING subnet_id, address
    )
    INSERT INTO free_ranges (subnet_id, first, last)
    SELECT gone.subnet_id, gone.address, gone.address
    FROM gone JOIN subnets ON subnets.id = gone.subnet_id
    WHERE coalesce(subnets.ipv6_address_mode, '') NOT IN ('slaac', 'dhcpv6-stateless')
      AND EXISTS (
        SELECT 1 FROM jsonb_to_recordset(subnets.allocation_pools) AS pool(start inet, "end" inet)
        WHERE gone.address BETWEEN pool.start AND pool."end"
      )
    """
).bindparams(sa.bindparam("port", type_=sa.Uuid))


class AddressStore:
    """Addresses of ports, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take_next(self, subnet_id: UUID, port_id: UUID) -> str | None:
        """Give the port the next free address of the subnet; None when none is left."""
        wanted = {"subnet": subnet_id, "port": port_id}
        while True:
            taken = (await self._connection.execute(TAKE_NEXT, wanted)).one_or_none()
            if taken is not None and taken.is_ours:
                return str(taken.address)
            # Nothing is free, or the range we waited for was used up while we did.
            if taken is None and not await self.any_free(subnet_id):
                return None

    async def any_free(self, subnet_id: UUID) -> bool:
        """Whether the subnet has an address to give out."""
        found = await self._connection.execute(IS_ANY_FREE, {"subnet": subnet_id})
        return bool(found.scalar_one())

    async def take(self, subnet_id: UUID, address: str, port_id: UUID) -> bool:
        """Give the port this very address; False when somebody has it."""
        wanted = {"subnet": subnet_id, "address": address, "port": port_id}
        return bool((await self._connection.execute(TAKE, wanted)).scalar_one())

    async def release(self, given: Iterable[FixedIp], subnets: Collection[Subnet]) -> None:
        """Take addresses back; those that a pool gave out will be given out again."""
        known = {subnet.id: subnet for subnet in subnets}
        for each in given:
            gone = await self._connection.execute(
                sa.delete(addresses).where(
                    addresses.c.subnet_id == each.subnet_id,
                    addresses.c.address == each.ip_address,
                )
            )
            subnet = known.get(each.subnet_id)
            if gone.rowcount and subnet is not None and _is_pooled(subnet, each.ip_address):
                await self._add_free(subnet.id, [Pool(each.ip_address, each.ip_address)])

    async def release_all(self, port_id: UUID) -> None:
        """Take the addresses of a port back that is about to be removed."""
        await self._connection.execute(RELEASE_ALL, {"port": port_id})

    async def open(self, subnet: Subnet) -> None:
        """Begin to give out the addresses of a new subnet."""
        await self._add_free(subnet.id, subnet.allocation_pools)

    async def reopen(self, subnet: Subnet) -> None:
        """Give out addresses from other pools from now on; the subnet's row must be locked."""
        taken = await self._connection.execute(
            sa.select(addresses.c.address).where(addresses.c.subnet_id == subnet.id)
        )
        left = free_between(subnet.allocation_pools, [str(each) for each in taken.scalars()])
        await self._connection.execute(
            sa.delete(free_ranges).where(free_ranges.c.subnet_id == subnet.id)
        )
        await self._add_free(subnet.id, left)

    async def forget_used_up(self) -> None:
        """Drop ranges in which nothing is left, but those somebody is looking at."""
        used_up = (
            sa.select(free_ranges.c.id)
            .where(free_ranges.c.first > free_ranges.c.last)
            .with_for_update(skip_locked=True)
        )
        await self._connection.execute(sa.delete(free_ranges).where(free_ranges.c.id.in_(used_up)))

    async def _add_free(self, subnet_id: UUID, pools: Sequence[Pool]) -> None:
        if pools:
            await self._connection.execute(
                sa.insert(free_ranges),
                [{"subnet_id": subnet_id, "first": pool.start, "last": pool.end} for pool in pools],
            )


def _is_pooled(subnet: Subnet, address: str) -> bool:
    one = Pool(address, address).first
    return not subnet.is_automatic and any(pool.holds(one) for pool in subnet.allocation_pools)
