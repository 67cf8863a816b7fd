"""Limits of projects, and how they are kept: counted in the transaction that adds."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain import quota
from services.network.store.tables import (
    address_groups,
    floating_ips,
    networks,
    ports,
    quotas,
    rbac_policies,
    routers,
    security_group_rules,
    security_groups,
    subnet_pools,
    subnets,
)
from shared.db.lean import lean
from shared.db.lock_key import lock_key

TABLES = {
    "network": networks,
    "subnet": subnets,
    "subnetpool": subnet_pools,
    "port": ports,
    "router": routers,
    "floatingip": floating_ips,
    "security_group": security_groups,
    "security_group_rule": security_group_rules,
    "rbac_policy": rbac_policies,
    "address_group": address_groups,
}

LIMIT_AND_USE = """
    SELECT (SELECT "limit" FROM quotas WHERE project_id = :project AND resource = :resource),
           (SELECT count(*) FROM {table} WHERE project_id = :project)
"""


def quota_lock(project_id: str, resource: str) -> int:
    """Return the lock under which a project's things of a kind are counted."""
    return lock_key(f"quota:{project_id}:{resource}")


class QuotaStore:
    """Limits, inside one transaction."""

    def __init__(self, connection: AsyncConnection, defaults: Mapping[str, int]) -> None:
        self._connection = connection
        self._defaults = defaults

    async def reserve(self, project_id: str, resource: str, more: int = 1) -> None:
        """Let the transaction add so many; nobody else counts until it ends.

        Raises:
            OverQuota: the project may not have so many.
        """
        await lean(self._connection).begin(quota_lock(project_id, resource))
        statement = sa.text(LIMIT_AND_USE.format(table=TABLES[resource].name))
        limit, used = (
            await self._connection.execute(statement, {"project": project_id, "resource": resource})
        ).one()
        known = self._defaults[resource] if limit is None else limit
        quota.check(resource, limit=known, used=used, more=more)

    async def limits(self, project_id: str) -> dict[str, int]:
        """Return the project's limits."""
        rows = await self._connection.execute(
            sa.select(quotas.c.resource, quotas.c.limit).where(quotas.c.project_id == project_id)
        )
        own = {row.resource: row.limit for row in rows if row.resource in self._defaults}
        return {**self._defaults, **own}

    async def used(self, project_id: str) -> dict[str, int]:
        """Return what the project has."""
        counts = [
            sa.select(sa.func.count())
            .select_from(table)
            .where(table.c.project_id == project_id)
            .scalar_subquery()
            .label(resource)
            for resource, table in TABLES.items()
        ]
        row = (await self._connection.execute(sa.select(*counts))).one()
        return dict(row._asdict())

    async def set(self, project_id: str, limits: Mapping[str, int]) -> None:
        """Give the project limits of its own."""
        for resource, limit in limits.items():
            await self._connection.execute(
                insert(quotas)
                .values(project_id=project_id, resource=resource, limit=limit)
                .on_conflict_do_update(
                    index_elements=["project_id", "resource"], set_={"limit": limit}
                )
            )

    async def forget(self, project_id: str) -> None:
        """Give the project the default limits again."""
        await self._connection.execute(sa.delete(quotas).where(quotas.c.project_id == project_id))

    async def own(self) -> list[str]:
        """Return the projects that have limits of their own."""
        rows = await self._connection.execute(
            sa.select(quotas.c.project_id).distinct().order_by(quotas.c.project_id)
        )
        return [str(each) for each in rows.scalars()]
