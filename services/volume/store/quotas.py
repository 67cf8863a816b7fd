"""Limits, inside one transaction."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.store.tables import quotas


def project_scope(project_id: str) -> str:
    """Return the scope of a project's own limits."""
    return f"project:{project_id}"


def class_scope(name: str) -> str:
    """Return the scope of a class's limits; ``default`` holds for every project."""
    return f"class:{name}"


class QuotaStore:
    """Reads and writes limits."""

    def __init__(self, connection: AsyncConnection, defaults: Mapping[str, int]) -> None:
        self._connection = connection
        self._defaults = defaults

    async def limits(self, *scopes: str) -> dict[str, int]:
        """Return limits by resource: the settings', overlaid by the scopes', the last winning."""
        rows = await self._connection.execute(sa.select(quotas).where(quotas.c.scope.in_(scopes)))
        by_scope: dict[str, dict[str, int]] = {}
        for row in rows:
            by_scope.setdefault(row.scope, {})[row.resource] = row.hard_limit
        merged = dict(self._defaults)
        for scope in scopes:
            merged |= by_scope.get(scope, {})
        return merged

    async def of_project(self, project_id: str) -> dict[str, int]:
        """Return the limits that hold for a project."""
        return await self.limits(class_scope("default"), project_scope(project_id))

    async def save(self, scope: str, limits: Mapping[str, int]) -> None:
        """Write limits of a scope over what is there."""
        if not limits:
            return
        new = insert(quotas).values(
            [{"scope": scope, "resource": r, "hard_limit": n} for r, n in limits.items()]
        )
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[quotas.c.scope, quotas.c.resource],
                set_={"hard_limit": new.excluded.hard_limit},
            )
        )

    async def rename(self, resources: Mapping[str, str]) -> None:
        """Keep limits under other names, in every scope.

        Args:
            resources: the names until now -> the new ones.
        """
        await self.drop(resources.values())
        await self._connection.execute(
            sa.update(quotas)
            .where(quotas.c.resource.in_(resources))
            .values(resource=sa.case(dict(resources), value=quotas.c.resource))
        )

    async def drop(self, resources: Iterable[str]) -> None:
        """Have no limits of these resources in any scope."""
        await self._connection.execute(
            sa.delete(quotas).where(quotas.c.resource.in_(list(resources)))
        )

    async def forget(self, scope: str) -> None:
        """Have the defaults again."""
        await self._connection.execute(sa.delete(quotas).where(quotas.c.scope == scope))
