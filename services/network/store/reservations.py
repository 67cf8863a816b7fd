"""Addresses that are somebody's outside the cloud, as Ganeti's external reservations say.

Such an address has a row in ``addresses`` like any other that is taken, without a port; several
clusters may have reserved it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.store.tables import reservations, subnets

# Nobody's address is cut out of the free ranges and written as taken by no port.
RESERVE: Final = sa.text(
    """
    WITH held AS (
      SELECT id, last FROM free_ranges
      WHERE subnet_id = :subnet AND first <= last
        AND first <= CAST(:address AS inet) AND last >= CAST(:address AS inet)
      LIMIT 1 FOR UPDATE
    ), written AS (
      INSERT INTO addresses (subnet_id, address, port_id)
      VALUES (:subnet, CAST(:address AS inet), NULL)
      ON CONFLICT DO NOTHING
      RETURNING 1
    ), shortened AS (
      UPDATE free_ranges SET last = CAST(:address AS inet) - 1
      WHERE id IN (SELECT id FROM held)
    ), rest AS (
      INSERT INTO free_ranges (subnet_id, first, last)
      SELECT :subnet, CAST(:address AS inet) + 1, held.last FROM held
      WHERE held.last > CAST(:address AS inet)
    )
    INSERT INTO reservations (subnet_id, address, cluster)
    SELECT :subnet, CAST(:address AS inet), :cluster
    WHERE EXISTS (SELECT 1 FROM written) OR EXISTS (
      SELECT 1 FROM addresses
      WHERE subnet_id = :subnet AND address = CAST(:address AS inet) AND port_id IS NULL
    )
    ON CONFLICT DO NOTHING
    """
).bindparams(
    sa.bindparam("subnet", type_=sa.Uuid),
    sa.bindparam("address", type_=sa.Text),
    sa.bindparam("cluster", type_=sa.Text),
)
# Once no cluster has it reserved, it is free; a pool that gave it out gives it out again.
RELEASE: Final = sa.text(
    """
    WITH dropped AS (
      DELETE FROM reservations
      WHERE subnet_id = :subnet AND address = CAST(:address AS inet) AND cluster = :cluster
      RETURNING 1
    ), gone AS (
      DELETE FROM addresses
      WHERE subnet_id = :subnet AND address = CAST(:address AS inet) AND port_id IS NULL
        AND EXISTS (SELECT 1 FROM dropped)
        AND NOT EXISTS (
          SELECT 1 FROM reservations
          WHERE subnet_id = :subnet AND address = CAST(:address AS inet) AND cluster <> :cluster
        )
      RETURNING subnet_id, address
    )
    INSERT INTO free_ranges (subnet_id, first, last)
    SELECT gone.subnet_id, gone.address, gone.address
    FROM gone JOIN subnets ON subnets.id = gone.subnet_id
    WHERE EXISTS (
      SELECT 1 FROM jsonb_to_recordset(subnets.allocation_pools) AS pool(start inet, "end" inet)
      WHERE gone.address BETWEEN pool.start AND pool."end"
    )
    """
).bindparams(
    sa.bindparam("subnet", type_=sa.Uuid),
    sa.bindparam("address", type_=sa.Text),
    sa.bindparam("cluster", type_=sa.Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An address that a cluster has reserved."""

    subnet_id: UUID
    address: str
    cluster: str


class ReservationStore:
    """Reserved addresses, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def on(self, cluster: str) -> dict[UUID, set[str]]:
        """Return what is recorded as reserved by a cluster, by subnet."""
        rows = await self._connection.execute(
            sa.select(reservations.c.subnet_id, reservations.c.address).where(
                reservations.c.cluster == cluster
            )
        )
        found: dict[UUID, set[str]] = {}
        for row in rows:
            found.setdefault(row.subnet_id, set()).add(str(row.address))
        return found

    async def usual(self, subnet_ids: Collection[UUID]) -> dict[UUID, set[str]]:
        """Return what Ganeti reserves of subnets itself: both ends, and the gateway."""
        rows = await self._connection.execute(
            sa.select(subnets.c.id, subnets.c.cidr, subnets.c.gateway_ip).where(
                subnets.c.id.in_(list(subnet_ids)), subnets.c.ip_version == 4
            )
        )
        found: dict[UUID, set[str]] = {}
        for row in rows:
            cidr = ip_network(row.cidr)
            ends = {str(cidr.network_address), str(cidr.broadcast_address)}
            found[row.id] = ends | ({row.gateway_ip} if row.gateway_ip else set())
        return found

    async def add(self, reserved: Reserved) -> bool:
        """Give the address to nobody from now on; False when a port has it."""
        done = await self._connection.execute(RESERVE, _values(reserved))
        return done.rowcount == 1

    async def drop(self, reserved: Reserved) -> None:
        """Write that the cluster has the address reserved no more."""
        await self._connection.execute(RELEASE, _values(reserved))

    async def elsewhere(self, clusters: Collection[str]) -> list[Reserved]:
        """Return what is recorded of clusters other than these."""
        rows = await self._connection.execute(
            sa.select(reservations).where(reservations.c.cluster.not_in(list(clusters)))
        )
        return [
            Reserved(subnet_id=row.subnet_id, address=str(row.address), cluster=row.cluster)
            for row in rows
        ]


def _values(reserved: Reserved) -> dict[str, object]:
    return {
        "subnet": reserved.subnet_id,
        "address": reserved.address,
        "cluster": reserved.cluster,
    }
