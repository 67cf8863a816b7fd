"""How much projects have and may have, counted from rows under a lock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.quota import DEFAULTS
from services.compute.store.tables import quota_classes, quotas, servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project has, and its limits."""

    used: Mapping[str, int]
    limits: Mapping[str, int]


class UsageStore:
    """Quota of servers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, project_id: str, resource: str = "servers") -> None:
        """Be the only one who counts this resource of the project, until the commit."""
        key = sa.func.hashtextextended(project_id + resource, 0)
        await self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    async def of_servers(self, project_id: str) -> Usage:
        """Return instances, cores and ram of the project, and all of its limits."""
        live = sa.and_(servers.c.project_id == project_id, servers.c.deleted_at.is_(None))
        counted = (
            sa.select(
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(servers.c.vcpus), 0),
                sa.func.coalesce(sa.func.sum(servers.c.ram), 0),
            )
            .where(live)
            .subquery()
        )
        row = (await self._connection.execute(sa.select(counted))).one()
        used = dict(zip(("instances", "cores", "ram"), map(int, row), strict=True))
        return Usage(used=used, limits=await self.limits(project_id))

    async def limits(
        self, project_id: str, resources: Collection[str] = tuple(DEFAULTS)
    ) -> dict[str, int]:
        """Return the project's limits: its own, else its class's, else the shipped ones."""
        own = sa.select(sa.literal(1).label("rank"), quotas.c.resource, quotas.c.limit).where(
            quotas.c.project_id == project_id, quotas.c.user_id == ""
        )
        of_class = sa.select(sa.literal(0), quota_classes.c.resource, quota_classes.c.limit).where(
            quota_classes.c.class_name == "default"
        )
        both = sa.union_all(own, of_class).subquery()
        rows = await self._connection.execute(sa.select(both).order_by(both.c.rank))
        known = {row.resource: row.limit for row in rows}
        return {name: known.get(name, DEFAULTS[name]) for name in resources}
