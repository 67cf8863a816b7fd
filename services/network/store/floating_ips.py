"""Floating IPs, inside one transaction."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.floating_ip import FloatingIp
from services.network.domain.router_errors import (
    FloatingIPNotFound,
    FloatingIPPortAlreadyAssociated,
)
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import addresses, floating_ips
from shared.errors import StaleWrite

UNIQUE = "23505"
FORWARDED = (
    sa.text(
        """
        SELECT f.id FROM floating_ips f, jsonb_array_elements(f.port_forwardings) AS led
        JOIN addresses a ON a.port_id = CAST(led ->> 'internal_port_id' AS uuid)
          AND host(a.address) = led ->> 'internal_ip_address'
        WHERE f.port_forwardings <> '[]'::jsonb AND f.router_id = :router AND a.subnet_id = :subnet
        LIMIT 1
        """
    )
    .bindparams(sa.bindparam("router", type_=sa.Uuid), sa.bindparam("subnet", type_=sa.Uuid))
    .columns(id=sa.Uuid)
)


class FloatingIpStore(Rows[FloatingIp]):
    """Floating IPs."""

    table = floating_ips

    @override
    def read(self, row: sa.Row[Any]) -> FloatingIp:
        """Return what the row describes."""
        return FloatingIp(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return FloatingIPNotFound(thing_id)

    @override
    async def add(self, *things: FloatingIp) -> None:
        """Write new floating IPs.

        Raises:
            FloatingIPPortAlreadyAssociated: the fixed address has one already.
        """
        try:
            await Rows.add(self, *things)
        except IntegrityError as taken:
            raise _refusal(things[0], taken) from taken

    @override
    async def save(self, thing: FloatingIp) -> FloatingIp:
        """Write the floating IP over the revision it was read at.

        Raises:
            FloatingIPPortAlreadyAssociated: the fixed address has one already.
            StaleWrite: somebody else was faster, or the port is gone.
        """
        try:
            return await Rows.save(self, thing)
        except IntegrityError as taken:
            raise _refusal(thing, taken) from taken

    async def about(self, port_ids: Collection[UUID]) -> list[FloatingIp]:
        """Return, locked, those that are reached at, or held by, one of the ports."""
        ids = list(port_ids)
        here = sa.or_(floating_ips.c.port_id.in_(ids), floating_ips.c.internal_port_id.in_(ids))
        return await self.where(here, lock=True)

    async def through(self, router_id: UUID, subnet_id: UUID | None = None) -> bool:
        """Whether any is reached through the router, on a certain subnet of it."""
        found = sa.select(floating_ips.c.id).where(floating_ips.c.router_id == router_id)
        if subnet_id is not None:
            found = found.join(addresses, addresses.c.port_id == floating_ips.c.port_id).where(
                addresses.c.subnet_id == subnet_id,
                sa.func.host(addresses.c.address) == floating_ips.c.fixed_ip_address,
            )
        if (await self._connection.execute(found.limit(1))).first() is not None:
            return True
        if subnet_id is None:
            return False
        forwarded = await self._connection.execute(
            FORWARDED, {"router": router_id, "subnet": subnet_id}
        )
        return forwarded.first() is not None

    async def forwarding_to(self, port_id: UUID) -> list[FloatingIp]:
        """Return, locked, those that forward some of their ports to a port."""
        forwards = floating_ips.c.port_forwardings
        return await self.where(
            forwards != sa.literal_column("'[]'::jsonb"),
            forwards.contains([{"internal_port_id": str(port_id)}]),
            lock=True,
        )

    async def at(self, port_id: UUID) -> list[FloatingIp]:
        """Return those that are reached at a port."""
        return await self.where(floating_ips.c.port_id == port_id)

    async def of_network(self, network_id: UUID) -> list[FloatingIp]:
        """Return, locked, those of an external network."""
        return await self.where(floating_ips.c.network_id == network_id, lock=True)


def _refusal(thing: FloatingIp, error: IntegrityError) -> Exception:
    if getattr(error.orig, "sqlstate", None) != UNIQUE:
        return StaleWrite("The port or the router is gone.")
    return FloatingIPPortAlreadyAssociated(
        thing.address, thing.id, thing.port_id, thing.fixed_ip_address
    )
