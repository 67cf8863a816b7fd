"""Ports, inside one transaction."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.binding import VifType
from services.network.domain.errors import MacAddressInUse, PortNotFound, SecurityGroupNotFound
from services.network.domain.port import FixedIp, Port
from services.network.domain.router import INTERFACE
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import addresses, floating_ips, port_groups, ports
from shared.db.prepared import Prepared
from shared.errors import StaleWrite

ToldOf = dict[str, Any]  # columns of an outbox row

COLUMNS: Final = tuple(column.name for column in ports.columns)

# A new port, its place in its groups, and the news of it.
PLUG: Final = Prepared(
    sa.text(
        f"""
        WITH made AS (
          INSERT INTO ports ({", ".join(COLUMNS)})
          VALUES ({", ".join(f":{name}" for name in COLUMNS)})
          ON CONFLICT (network_id, mac_address) DO NOTHING
          RETURNING id
        ), joined AS (
          INSERT INTO port_groups (port_id, group_id)
          SELECT made.id, unnest(:groups) FROM made
        ), told AS (
          INSERT INTO outbox (message_id, routing_key, body)
          SELECT :message_id, :routing_key, :body FROM made
        )
        SELECT count(*) FROM made
        """
    ).bindparams(
        *(sa.bindparam(column.name, type_=column.type) for column in ports.columns),
        sa.bindparam("groups", type_=ARRAY(sa.Uuid)),
        sa.bindparam("message_id", type_=sa.Uuid),
        sa.bindparam("routing_key", type_=sa.Text),
        sa.bindparam("body", type_=sa.LargeBinary),
    )
)


class PortStore(Rows[Port]):
    """Ports."""

    table = ports

    @override
    def read(self, row: sa.Row[Any]) -> Port:
        """Return what the row describes."""
        given = columns_of(row)
        given["fixed_ips"] = tuple(
            FixedIp(UUID(each["subnet_id"]), each["ip_address"]) for each in row.fixed_ips
        )
        given["security_groups"] = tuple(UUID(each) for each in row.security_groups)
        given["vif_type"] = VifType(row.vif_type)
        return Port(**given)

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return PortNotFound(thing_id)

    async def plug(self, port: Port, *, mac_was_asked_for: bool, told: ToldOf) -> None:
        """Write a new port with its security groups, and tell of it, in one statement.

        Raises:
            MacAddressInUse: another port of the network has the MAC the user asked for.
            StaleWrite: another port has the MAC we drew; draw again.
            SecurityGroupNotFound: a group vanished meanwhile.
        """
        groups = list(port.security_groups)
        try:
            made = await PLUG.value(self._connection, **self.row_of(port), groups=groups, **told)
        except IntegrityError as vanished:
            if "port_groups" in str(vanished.orig):
                raise SecurityGroupNotFound(port.security_groups[0]) from vanished
            raise
        if made == 1:
            return
        if mac_was_asked_for:
            raise MacAddressInUse(port.network_id, port.mac_address)
        raise StaleWrite("The MAC that was drawn is in use.")

    async def regroup(self, port: Port) -> None:
        """Have the port in its security groups, and in no others."""
        await self._connection.execute(
            sa.delete(port_groups).where(port_groups.c.port_id == port.id)
        )
        await self._join(port)

    async def _join(self, port: Port) -> None:
        if not port.security_groups:
            return
        try:
            await self._connection.execute(
                sa.insert(port_groups),
                [{"port_id": port.id, "group_id": each} for each in port.security_groups],
            )
        except IntegrityError as vanished:
            raise SecurityGroupNotFound(port.security_groups[0]) from vanished

    async def save_with_mac(self, port: Port) -> Port:
        """Save a port whose MAC may have changed.

        Raises:
            MacAddressInUse: another port of the network has the MAC.
        """
        try:
            return await self.save(port)
        except IntegrityError as taken:
            raise MacAddressInUse(port.network_id, port.mac_address) from taken

    async def waiting_for(self, subnet_id: UUID, cluster: str) -> list[Port]:
        """Return, locked, the cluster's ports that are not plugged, and are of this subnet."""
        return await self.where(
            ports.c.host_id == cluster,
            ports.c.host_id != "",
            ports.c.vif_type == VifType.UNBOUND.value,
            ports.c.fixed_ips.contains([{"subnet_id": str(subnet_id)}]),
            lock=True,
        )

    async def of_device(self, device_id: str) -> list[Port]:
        """Return, locked, the ports a server uses."""
        return await self.where(ports.c.device_id == device_id, ports.c.device_id != "", lock=True)

    async def seen(self, devices: Collection[str], names: Collection[UUID]) -> list[Port]:
        """Return, locked, the ports of the servers and those of these ids.

        A server has the ports that hold its floating addresses, too.
        """
        servers = list(devices)
        of_servers = sa.and_(ports.c.device_id.in_(servers), ports.c.device_id != "")
        floating = sa.select(floating_ips.c.internal_port_id).where(
            floating_ips.c.server_id.in_(servers), floating_ips.c.server_id != ""
        )
        by_name = ports.c.id.in_(list(names))
        return await self.where(sa.or_(of_servers, by_name, ports.c.id.in_(floating)), lock=True)

    async def of_network(self, network_id: UUID) -> list[Port]:
        """Return, locked, the ports of a network."""
        return await self.where(ports.c.network_id == network_id, lock=True)

    async def interfaces_of(self, router_id: UUID) -> list[Port]:
        """Return, locked, the ports that are a router's interfaces."""
        return await self.where(
            ports.c.device_id == str(router_id), ports.c.device_owner == INTERFACE, lock=True
        )

    async def router_port_at(self, subnet_id: UUID, address: str) -> UUID | None:
        """Return the router's port that has an address."""
        found = (
            sa.select(ports.c.id)
            .join(addresses, addresses.c.port_id == ports.c.id)
            .where(
                addresses.c.subnet_id == subnet_id,
                addresses.c.address == address,
                ports.c.device_owner == INTERFACE,
            )
        )
        return (await self._connection.execute(found)).scalar_one_or_none()
