"""How much projects have and may have, counted from rows under a lock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.quota import DEFAULTS, UNLIMITED
from services.compute.store.tables import quota_classes, quotas, servers

OF_CLASS: Final = 0  # a later layer of limits hides an earlier one
OF_PROJECT: Final = 1
OF_USER: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project has, and its limits; and the same for one user of it."""

    used: Mapping[str, int]
    limits: Mapping[str, int]
    user_used: Mapping[str, int]
    user_limits: Mapping[str, int]

    @property
    def layers(self) -> tuple[tuple[Mapping[str, int], Mapping[str, int]], ...]:
        """What there is of everything, and how much there may be: all of it must hold."""
        return (self.used, self.limits), (self.user_used, self.user_limits)


class UsageStore:
    """Quota of servers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, project_id: str, resource: str = "servers") -> None:
        """Be the only one who counts this resource of the project, until the commit."""
        key = sa.func.hashtextextended(project_id + resource, 0)
        await self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    async def of_servers(self, project_id: str, user_id: str) -> Usage:
        """Return instances, cores and ram of the project and its user, and all limits."""
        live = sa.and_(servers.c.project_id == project_id, servers.c.deleted_at.is_(None))
        amounts = (
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(servers.c.vcpus), 0),
            sa.func.coalesce(sa.func.sum(servers.c.ram), 0),
        )
        everybody = sa.select(sa.literal(0).label("layer"), *amounts).where(live)
        user = sa.select(sa.literal(1), *amounts).where(live, servers.c.user_id == user_id)
        rows = await self._connection.execute(sa.union_all(everybody, user))
        counted = {layer: map(int, amounts) for layer, *amounts in rows}
        names = ("instances", "cores", "ram")
        layers = await self._layers(project_id, user_id)
        return Usage(
            used=dict(zip(names, counted[0], strict=True)),
            limits={**DEFAULTS, **layers[OF_CLASS], **layers[OF_PROJECT]},
            user_used=dict(zip(names, counted[1], strict=True)),
            user_limits=dict.fromkeys(DEFAULTS, UNLIMITED) | layers[OF_USER],
        )

    async def limits(
        self, project_id: str, resources: Collection[str], user_id: str = ""
    ) -> dict[str, int]:
        """Return limits: the user's, else the project's, else the class's, else the shipped."""
        layers = await self._layers(project_id, user_id)
        known = {**DEFAULTS, **layers[OF_CLASS], **layers[OF_PROJECT], **layers[OF_USER]}
        return {name: known[name] for name in resources}

    async def _layers(self, project_id: str, user_id: str) -> dict[int, dict[str, int]]:
        whose = sa.case((quotas.c.user_id == "", OF_PROJECT), else_=OF_USER).label("layer")
        own = sa.select(whose, quotas.c.resource, quotas.c.limit).where(
            quotas.c.project_id == project_id, quotas.c.user_id.in_(["", user_id])
        )
        of_class = sa.select(
            sa.literal(OF_CLASS), quota_classes.c.resource, quota_classes.c.limit
        ).where(quota_classes.c.class_name == "default")
        found: dict[int, dict[str, int]] = {OF_CLASS: {}, OF_PROJECT: {}, OF_USER: {}}
        for layer, resource, limit in await self._connection.execute(sa.union_all(own, of_class)):
            found[layer][resource] = limit
        return found
