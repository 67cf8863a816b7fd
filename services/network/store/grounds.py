"""What a new port stands on, read in one statement: its network and all that decides about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain import quota
from services.network.domain.network import Network
from services.network.domain.port import FixedIp
from services.network.domain.quota import UNLIMITED
from services.network.domain.subnet import Subnet
from services.network.store.networks import NetworkStore, network_of
from services.network.store.quotas import quota_lock
from services.network.store.subnets import subnet_of
from services.network.store.tables import networks, subnets
from shared.db.lean import lean
from shared.db.prepared import Prepared
from shared.errors import StaleWrite

RENDERED: Final = frozenset({"doc", "admin_doc"})
NETWORK: Final = tuple(each.name for each in networks.c if each.name not in RENDERED)
SUBNET: Final = tuple(each.name for each in subnets.c if each.name not in RENDERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A network, its subnets (oldest first), and the project's default group if it has one."""

    network: Network
    subnets: tuple[Subnet, ...]
    default_group: UUID | None
    taken: tuple[FixedIp, ...] = ()  # what the port has been given already


# One row for each subnet. The network is held first; the subnets are as they were when the
# statement began, so if somebody changed the network while we waited for it, nothing of this is
# so any more: `revision_before` tells. An address is taken as `AddressStore.take_next` does it.
READ: Final = Prepared(
    sa.text(
        f"""
        WITH held AS (
          SELECT {", ".join(f"n.{name} AS n_{name}" for name in NETWORK)},
            (SELECT revision FROM networks WHERE id = :network) AS revision_before
          FROM networks n WHERE n.id = :network
          FOR KEY SHARE OF n
        ), offered AS (
          SELECT DISTINCT ON (s.ip_version) s.id
          FROM subnets s JOIN held ON s.network_id = held.n_id
          WHERE CAST(:port AS uuid) IS NOT NULL
            AND coalesce(s.ipv6_address_mode, '') NOT IN ('slaac', 'dhcpv6-stateless')
          ORDER BY s.ip_version, s.created_at, s.id
        ), next AS (
          UPDATE free_ranges SET first = first + 1
          WHERE id = ANY (ARRAY (
            SELECT lowest.id FROM offered CROSS JOIN LATERAL (
              SELECT id FROM free_ranges WHERE subnet_id = offered.id AND first <= last
              ORDER BY first LIMIT 1 FOR UPDATE
            ) lowest
          ))
          RETURNING subnet_id, first - 1 AS address
        ), written AS (
          INSERT INTO addresses (subnet_id, address, port_id)
          SELECT next.subnet_id, next.address, :port FROM next
          ON CONFLICT DO NOTHING
          RETURNING subnet_id, host(address) AS address
        ), allowed AS (
          SELECT coalesce((
            SELECT "limit" FROM quotas WHERE project_id = :project AND resource = 'port'
          ), :usual) AS port_limit
        )
        SELECT held.*, {", ".join(f"s.{name}" for name in SUBNET)},
          written.address AS taken, allowed.port_limit,
          CASE WHEN allowed.port_limit <> {UNLIMITED} THEN (
            SELECT count(*) FROM ports WHERE project_id = :project
          ) ELSE 0 END AS port_count,
          (
            SELECT id FROM security_groups WHERE project_id = :project AND is_default
          ) AS default_group
        FROM held CROSS JOIN allowed
          LEFT JOIN subnets s ON s.network_id = held.n_id
          LEFT JOIN written ON written.subnet_id = s.id
        ORDER BY s.created_at, s.id
        """
    ).bindparams(
        sa.bindparam("network", type_=sa.Uuid),
        sa.bindparam("port", type_=sa.Uuid),
        sa.bindparam("project", type_=sa.Text),
        sa.bindparam("usual", type_=sa.Integer),
    )
)


class GroundStore:
    """What new ports stand on, inside one transaction."""

    def __init__(self, connection: AsyncConnection, defaults: Mapping[str, int]) -> None:
        self._connection = connection
        self._defaults = defaults

    async def of(
        self, network_id: UUID, project_id: str, *, more: int = 0, port_id: UUID | None = None
    ) -> Ground:
        """Return what a port of the project on the network stands on; the network stays.

        Args:
            network_id: the port's network.
            project_id: the port's project.
            more: how many ports the transaction adds to the project; nobody else counts
                meanwhile. 0: the ports count for nobody.
            port_id: give this port an address of each version at once, where that is simple.

        Raises:
            NetworkNotFound: there is none.
            OverQuota: the project may not have so many.
            StaleWrite: somebody changed the network meanwhile.
        """
        connection = lean(self._connection)
        await connection.begin(*([quota_lock(project_id, "port")] if more else []))
        rows = await READ.rows(
            connection,
            network=network_id,
            project=project_id,
            port=port_id,
            usual=self._defaults["port"],
        )
        if not rows:
            raise NetworkStore(self._connection).missing(network_id)
        facts = rows[0]
        if facts["revision_before"] != facts["n_revision"]:
            raise StaleWrite(f"Network {network_id} was changed by another request.")
        if more:
            quota.check("port", limit=facts["port_limit"], used=facts["port_count"], more=more)
        return _ground(rows)


def _ground(rows: Sequence[Any]) -> Ground:
    facts, found = rows[0], [row for row in rows if row["id"] is not None]
    return Ground(
        network=network_of({name: facts[f"n_{name}"] for name in NETWORK}),
        subnets=tuple(subnet_of({name: row[name] for name in SUBNET}) for row in found),
        default_group=facts["default_group"],
        taken=tuple(FixedIp(row["id"], row["taken"]) for row in found if row["taken"]),
    )
