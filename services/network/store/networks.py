"""Networks, inside one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.errors import (
    FlatNetworkInUse,
    NetworkInUse,
    NetworkNotFound,
    VlanIdInUse,
)
from services.network.domain.network import Network
from services.network.domain.physical import PhysicalNetwork
from services.network.store.rows import Rows, arguments_of
from services.network.store.tables import networks, ports


def network_of(row: Mapping[str, Any]) -> Network:
    """Return the network a row describes."""
    given = arguments_of(row)
    given["subnet_ids"] = tuple(UUID(each) for each in given["subnet_ids"])
    return Network(**given)


class NetworkStore(Rows[Network]):
    """Networks."""

    table = networks

    @override
    def read(self, row: sa.Row[Any]) -> Network:
        """Return what the row describes."""
        return network_of(row._asdict())

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return NetworkNotFound(thing_id)

    @override
    async def add(self, *things: Network) -> None:
        """Write new networks.

        Raises:
            VlanIdInUse: another network has the VLAN.
            FlatNetworkInUse: another network has the untagged physical network.
        """
        try:
            await Rows.add(self, *things)
        except IntegrityError as taken:
            network = things[0]
            if network.segmentation_id is None:
                raise FlatNetworkInUse(network.physical_network) from taken
            raise VlanIdInUse(network.segmentation_id, network.physical_network) from taken

    @override
    async def delete(self, thing: Network) -> None:
        """Remove the network.

        Raises:
            NetworkInUse: ports are left on it.
        """
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise NetworkInUse(thing.id) from used

    async def hold(self, network_id: UUID) -> Network:
        """Return a network that, and whose subnets, stay until the transaction ends.

        Any number may hold it; whoever wants to change its subnets or remove it waits.

        Raises:
            NetworkNotFound: there is none.
        """
        query = sa.select(networks).where(networks.c.id == network_id)
        held = query.with_for_update(read=True, key_share=True)
        row = (await self._connection.execute(held)).one_or_none()
        if row is None:
            raise NetworkNotFound(network_id)
        return self.read(row)

    async def default_external(self) -> Network | None:
        """Return the network through which projects reach the world when nobody says which."""
        found = await self.where(networks.c.is_default, networks.c.external)
        return found[0] if found else None

    async def has_ports(self, network_id: UUID) -> bool:
        """Whether anybody has a port on the network."""
        found = sa.select(ports.c.id).where(ports.c.network_id == network_id).limit(1)
        return (await self._connection.execute(found)).first() is not None

    async def free_vlan(self, pools: Sequence[PhysicalNetwork]) -> tuple[str, int] | None:
        """Return the lowest VLAN nobody has of the first pool that has one; None: all are out.

        One transaction at a time looks, so that two never find the same.
        """
        await self._connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended('vlans', 0))")
        )
        for pool in pools:
            for low, high in pool.vlans:
                vlan = (
                    await self._connection.execute(
                        FREE_VLAN, {"physical": pool.name, "low": low, "high": high}
                    )
                ).scalar_one_or_none()
                if vlan is not None:
                    return pool.name, int(vlan)
        return None

    async def free_flat(self, pools: Sequence[PhysicalNetwork]) -> str | None:
        """Return a physical network that no untagged network has yet."""
        taken = set(
            (
                await self._connection.execute(
                    sa.select(networks.c.physical_network).where(
                        networks.c.segmentation_id.is_(None)
                    )
                )
            ).scalars()
        )
        return next((pool.name for pool in pools if pool.flat and pool.name not in taken), None)


FREE_VLAN = sa.text(
    """
    SELECT vlan FROM generate_series(CAST(:low AS int), CAST(:high AS int)) AS vlan
    WHERE NOT EXISTS (
      SELECT 1 FROM networks
      WHERE physical_network = :physical AND segmentation_id = vlan
    )
    ORDER BY vlan LIMIT 1
    """
)
