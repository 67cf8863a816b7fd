"""What clusters have, and what was promised of it to servers still being built."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.placement import Promised, Size
from services.compute.store.tables import clusters, server_groups, servers
from services.compute.store.tables.servers import NEVER
from shared.contracts.gateway import Cluster
from shared.db.lean import lean
from shared.db.prepared import Prepared

PLACEMENT_LOCK = 8774001  # one decision at a time: nobody promises what another just promised

# Written out once: every create asks this, and building it anew costs more than running it.
STATES = """
SELECT name, version, seen_at, (
    SELECT array_agg(node ORDER BY node) FROM node_flags
    WHERE node_flags.cluster = clusters.name AND (disabled OR forced_down)) AS off
FROM clusters ORDER BY name
"""
# Cluster by cluster, by an index: whoever makes a server does not walk all there are.
PROMISED = f"""
SELECT clusters.name AS cluster, promised.* FROM clusters, LATERAL (
    SELECT node, vcpus, ram, disk, count(*) AS times FROM servers
    WHERE servers.cluster = clusters.name AND deleted_at IS NULL
        AND coalesce(counted_from, {NEVER}) > clusters.version
    GROUP BY node, vcpus, ram, disk) AS promised
"""
# Where a project has volumes that no server has.
WAITING = """
SELECT DISTINCT cluster FROM resources
WHERE kind = 'volume.volume' AND NOT gone AND cluster IS NOT NULL
    AND (document ->> 'status') = 'available' AND project_id = :project
"""
NAMED = clusters.c.name == sa.bindparam("name")
STATE = Prepared(sa.text(f"SELECT * FROM ({STATES}) AS states WHERE name = :name"))
VERSION = Prepared(sa.select(clusters.c.version).where(NAMED))
ALL_STATES = Prepared(sa.text(STATES))
ALL_PROMISED = Prepared(sa.text(PROMISED))
ALL_WAITING = Prepared(sa.text(WAITING))
State = tuple[int, datetime, list[str] | None]  # version, when it was told, nodes switched off
Known = dict[str, tuple[State, Cluster]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Where a member of a server group is."""

    cluster: str
    node: str | None


def promised_in(
    rows: Iterable[tuple[str, str | None, int, int, int, int]],
) -> dict[str, list[Promised]]:
    """Return what PROMISED found, per cluster."""
    found: dict[str, list[Promised]] = {}
    for cluster, node, vcpus, ram, disk, times in rows:
        size = Size(vcpus=vcpus, memory=ram, disk=disk * 1024)
        found.setdefault(cluster, []).append(Promised(size=size, node=node, count=times))
    return found


class CapacityStore:
    """Capacity facts, inside one transaction."""

    def __init__(self, connection: AsyncConnection, known: Known | None = None) -> None:
        self._connection = connection
        self._known: Known = {} if known is None else known  # clusters that were read before

    async def lock(self) -> None:
        """Be the only one who places servers, until the commit."""
        await lean(self._connection).begin(PLACEMENT_LOCK)

    async def clusters(self) -> list[Cluster]:
        """Return all clusters with their capacity, and which of their nodes are switched off."""
        return await self.known(await ALL_STATES.rows(self._connection))

    async def known(self, states: Iterable[tuple[str, int, datetime, list[str]]]) -> list[Cluster]:
        """Return the clusters that STATES tells of."""
        told: dict[str, State] = {
            name: (version, seen_at, off) for name, version, seen_at, off in states
        }
        known = self._known
        if news := [name for name, at in told.items() if name not in known or known[name][0] != at]:
            await self._learn({name: told[name] for name in news})
        return [known[name][1] for name in told if name in known]

    async def _learn(self, news: Mapping[str, State]) -> None:
        """Read clusters that are not known as they are now: questions are many, news are few."""
        rows = await self._connection.execute(
            sa.select(clusters.c.name, clusters.c.document).where(clusters.c.name.in_(list(news)))
        )
        for name, document in rows:
            state = news[name]
            self._known[name] = state, _without(Cluster.model_validate(document), state[2])

    async def cluster(self, name: str) -> Cluster | None:
        """Return one cluster, if it is known."""
        found = await self.known(await STATE.rows(self._connection, name=name))
        return found[0] if found else None

    async def version(self, name: str) -> int:
        """Return the version of what is known of a cluster's capacity; 0 when nothing is."""
        return int(await VERSION.value(self._connection, name=name) or 0)

    async def promised(self) -> dict[str, list[Promised]]:
        """Return, per cluster, what its capacity facts do not show yet."""
        return promised_in(await ALL_PROMISED.rows(self._connection))

    async def with_volumes(self, project_id: str) -> frozenset[str]:
        """Return the clusters where a project has volumes that no server has."""
        rows = await ALL_WAITING.rows(self._connection, project=project_id)
        return frozenset(name for (name,) in rows)

    async def group_policy(self, group_id: UUID) -> str | None:
        """Return the policy of a server group; None when it is gone."""
        policy: str | None = await self._connection.scalar(
            sa.select(server_groups.c.policy).where(server_groups.c.id == group_id)
        )
        return policy

    async def count_members(self, group_id: UUID) -> int:
        """Return how many live servers a server group has."""
        found = await self._connection.scalar(
            sa.select(sa.func.count()).where(
                servers.c.group_id == group_id, servers.c.deleted_at.is_(None)
            )
        )
        return int(found or 0)

    async def members(self, group_id: UUID, but: UUID | None = None) -> Sequence[Member]:
        """Return where the members of a server group are, all but one."""
        rows = await self._connection.execute(
            sa.select(servers.c.cluster, servers.c.node).where(
                servers.c.group_id == group_id,
                servers.c.id != but,
                servers.c.deleted_at.is_(None),
                servers.c.cluster.is_not(None),
            )
        )
        return [Member(cluster=row.cluster, node=row.node) for row in rows]

    async def places_of(
        self, ids: Collection[UUID], project_id: str
    ) -> dict[UUID, tuple[str, str]]:
        """Return cluster and node of these servers of a project, as far as they are somewhere."""
        rows = await self._connection.execute(
            sa.select(servers.c.id, servers.c.cluster, servers.c.node).where(
                servers.c.id.in_(list(ids)),
                servers.c.project_id == project_id,
                servers.c.deleted_at.is_(None),
                servers.c.node.is_not(None),
            )
        )
        return {row.id: (row.cluster, row.node) for row in rows}


def _without(cluster: Cluster, off: Sequence[str] | None) -> Cluster:
    if not off:
        return cluster
    nodes = [
        node.model_copy(update={"disabled": True}) if node.name in off else node
        for node in cluster.nodes
    ]
    return cluster.model_copy(update={"nodes": nodes})
