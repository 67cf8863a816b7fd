"""What clusters have, and what was promised of it to servers still being built."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.placement import Promised, Size
from services.compute.store.tables import clusters, node_flags, server_groups, servers
from shared.contracts.gateway import Cluster

PLACEMENT_LOCK = 8774001  # one decision at a time: nobody promises what another just promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Where a member of a server group is."""

    cluster: str
    node: str | None


class CapacityStore:
    """Capacity facts, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Be the only one who places servers, until the commit."""
        await self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PLACEMENT_LOCK)))

    async def clusters(self) -> list[Cluster]:
        """Return all clusters with their capacity, and which of their nodes are switched off."""
        off = (
            sa.select(sa.func.array_agg(node_flags.c.node))
            .where(
                node_flags.c.cluster == clusters.c.name,
                sa.or_(node_flags.c.disabled, node_flags.c.forced_down),
            )
            .scalar_subquery()
        )
        rows = await self._connection.execute(
            sa.select(clusters.c.document, off).order_by(clusters.c.name)
        )
        return [_without(Cluster.model_validate(document), nodes) for document, nodes in rows]

    async def cluster(self, name: str) -> Cluster | None:
        """Return one cluster, if it is known."""
        document = await self._connection.scalar(
            sa.select(clusters.c.document).where(clusters.c.name == name)
        )
        return None if document is None else Cluster.model_validate(document)

    async def version(self, name: str) -> int:
        """Return the version of what is known of a cluster's capacity; 0 when nothing is."""
        found = await self._connection.scalar(
            sa.select(clusters.c.version).where(clusters.c.name == name)
        )
        return int(found or 0)

    async def promised(self) -> dict[str, list[Promised]]:
        """Return, per cluster, what its capacity facts do not show yet."""
        uncounted = sa.or_(
            servers.c.counted_from.is_(None), servers.c.counted_from > clusters.c.version
        )
        alike = (
            servers.c.cluster,
            servers.c.node,
            servers.c.vcpus,
            servers.c.ram,
            servers.c.disk,
        )
        rows = await self._connection.execute(
            sa.select(*alike, sa.func.count().label("count"))
            .join(clusters, clusters.c.name == servers.c.cluster)
            .where(servers.c.deleted_at.is_(None), uncounted)
            .group_by(*alike)
        )
        found: dict[str, list[Promised]] = {}
        for row in rows:
            size = Size(vcpus=row.vcpus, memory=row.ram, disk=row.disk * 1024)
            promised = Promised(size=size, node=row.node, count=row[-1])
            found.setdefault(row.cluster, []).append(promised)
        return found

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


def _without(cluster: Cluster, off: Sequence[str] | None) -> Cluster:
    if not off:
        return cluster
    nodes = [
        node.model_copy(update={"disabled": True}) if node.name in off else node
        for node in cluster.nodes
    ]
    return cluster.model_copy(update={"nodes": nodes})
