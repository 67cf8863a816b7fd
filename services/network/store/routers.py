"""Routers, inside one transaction."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from typing_extensions import override

from services.network.domain.port import FixedIp
from services.network.domain.router import INTERFACE, Router
from services.network.domain.router_errors import RouterNotFound
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import addresses, ports, routers


class RouterStore(Rows[Router]):
    """Routers."""

    table = routers

    @override
    def read(self, row: sa.Row[Any]) -> Router:
        """Return what the row describes."""
        given = columns_of(row)
        given["gateway_ips"] = tuple(
            FixedIp(UUID(each["subnet_id"]), each["ip_address"]) for each in row.gateway_ips
        )
        return Router(**given)

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return RouterNotFound(thing_id)

    async def towards(self, external_id: UUID, subnet_id: UUID) -> UUID | None:
        """Return a router that leads from the subnet to the external network.

        The one that is the subnet's gateway comes first: it is the one guests use.
        """
        found = (
            sa.select(routers.c.id)
            .join(ports, ports.c.device_id == sa.cast(routers.c.id, sa.Text))
            .join(addresses, addresses.c.port_id == ports.c.id)
            .where(
                routers.c.gateway_network_id == external_id,
                ports.c.device_owner == INTERFACE,
                addresses.c.subnet_id == subnet_id,
            )
            .order_by(addresses.c.address)
            .limit(1)
        )
        return (await self._connection.execute(found)).scalar_one_or_none()

    async def through(self, network_id: UUID) -> bool:
        """Whether any router leads to the external network."""
        found = sa.select(routers.c.id).where(routers.c.gateway_network_id == network_id).limit(1)
        return (await self._connection.execute(found)).first() is not None
