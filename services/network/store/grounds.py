"""What a new port stands on, read in two statements: its network and all that decides about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain import quota
from services.network.domain.network import Network
from services.network.domain.quota import UNLIMITED
from services.network.domain.subnet import Subnet
from services.network.store.networks import NetworkStore
from services.network.store.quotas import lock_name
from services.network.store.subnets import SubnetStore
from services.network.store.tables import networks, ports, quotas, security_groups, subnets


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A network, its subnets (oldest first), and the project's default group if it has one."""

    network: Network
    subnets: tuple[Subnet, ...]
    default_group: UUID | None


# The lock comes first and in a statement of its own: what is read after it is what others left.
_LOCK: Final = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("lock"), 0))
_NETWORK: Final = sa.bindparam("network", type_=sa.Uuid)
_PROJECT: Final = sa.bindparam("project", type_=sa.Text)
HELD: Final = (
    sa.select(networks)
    .where(networks.c.id == _NETWORK)
    .with_for_update(read=True, key_share=True, of=networks)
)
LOCKED_AND_HELD: Final = HELD.add_columns(_LOCK.label("locked"))

_LIMIT: Final = sa.func.coalesce(
    sa.select(quotas.c.limit)
    .where(quotas.c.project_id == _PROJECT, quotas.c.resource == "port")
    .scalar_subquery(),
    sa.bindparam("default", type_=sa.Integer),
)
_USED: Final = (
    sa.select(sa.func.count())
    .select_from(ports)
    .where(ports.c.project_id == _PROJECT)
    .scalar_subquery()
)
_GROUP: Final = (
    sa.select(security_groups.c.id)
    .where(security_groups.c.project_id == _PROJECT, security_groups.c.is_default)
    .scalar_subquery()
)
_ONE: Final = sa.select(
    _LIMIT.label("port_limit"),
    sa.case((_LIMIT == UNLIMITED, 0), else_=_USED).label("port_count"),
    _GROUP.label("default_group"),
).subquery("facts")
READ: Final = (
    sa.select(_ONE, subnets)
    .select_from(_ONE.outerjoin(subnets, subnets.c.network_id == _NETWORK))
    .order_by(subnets.c.created_at, subnets.c.id)
)
FACTS: Final = ("port_limit", "port_count", "default_group")


class GroundStore:
    """What new ports stand on, inside one transaction."""

    def __init__(self, connection: AsyncConnection, defaults: Mapping[str, int]) -> None:
        self._connection = connection
        self._defaults = defaults

    async def of(self, network_id: UUID, project_id: str, *, more: int = 0) -> Ground:
        """Return what a port of the project on the network stands on; the network stays.

        Args:
            network_id: the port's network.
            project_id: the port's project.
            more: how many ports the transaction adds to the project; nobody else counts
                meanwhile. 0: the ports count for nobody.

        Raises:
            NetworkNotFound: there is none.
            OverQuota: the project may not have so many.
        """
        names = {"network": network_id, "lock": lock_name(project_id, "port")}
        held = await self._connection.execute(LOCKED_AND_HELD if more else HELD, names)
        row = held.one_or_none()
        if row is None:
            raise NetworkStore(self._connection).missing(network_id)
        network = NetworkStore(self._connection).read(row)
        wanted = {
            "network": network_id,
            "project": project_id,
            "default": self._defaults["port"],
        }
        rows = (await self._connection.execute(READ, wanted)).all()
        if more:
            facts = rows[0]
            quota.check("port", limit=facts.port_limit, used=facts.port_count, more=more)
        store = SubnetStore(self._connection)
        return Ground(
            network=network,
            subnets=tuple(store.read(each) for each in rows if each.id is not None),
            default_group=rows[0].default_group,
        )
