"""How much projects have and may have, counted from rows under a lock."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.quota import DEFAULTS, UNLIMITED
from shared.db.lean import lean
from shared.db.lock_key import lock_key
from shared.db.prepared import Prepared

OF_CLASS: Final = 0  # a later layer of limits hides an earlier one
OF_PROJECT: Final = 1
OF_USER: Final = 2

# Written out once: every create asks this, and building it anew costs more than running it.
SET: Final = """
SELECT CASE user_id WHEN '' THEN 1 ELSE 2 END AS layer, resource, "limit" AS amount
FROM quotas WHERE project_id = :project AND user_id IN ('', :user)
UNION ALL SELECT 0, resource, "limit" FROM quota_classes WHERE "class" = 'default'
"""
LIMITS: Final = Prepared(sa.text(SET))
COUNT: Final = f"""
WITH live AS (
    SELECT user_id = :user AS own, vcpus, ram FROM servers
    WHERE project_id = :project AND deleted_at IS NULL
), counted AS (
    SELECT 1 AS layer, count(*) AS instances, coalesce(sum(vcpus), 0) AS cores,
        coalesce(sum(ram), 0) AS ram FROM live
    UNION ALL
    SELECT 2, count(*), coalesce(sum(vcpus), 0), coalesce(sum(ram), 0) FROM live WHERE own
)
SELECT true AS is_limit, layer, resource, amount FROM ({SET}) AS limits
UNION ALL
SELECT false, layer, name, amount FROM counted, LATERAL (
    VALUES ('instances', instances), ('cores', cores), ('ram', ram)) AS each (name, amount)
"""
COUNTED: Final = Prepared(sa.text(COUNT))


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

    def after(self, more: Mapping[str, int]) -> "Usage":
        """Return the usage once the user has that much more."""
        return replace(self, used=_sum(self.used, more), user_used=_sum(self.user_used, more))


def _sum(used: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: amount + more.get(name, 0) for name, amount in used.items()}


def lock_of(project_id: str, resource: str = "servers") -> int:
    """Return the lock of whoever counts this resource of the project."""
    return lock_key(project_id + resource)


def usage_of(rows: Iterable[tuple[bool, int, str, int]]) -> Usage:
    """Return what COUNT found."""
    used: dict[int, dict[str, int]] = {OF_PROJECT: {}, OF_USER: {}}
    layers: dict[int, dict[str, int]] = {OF_CLASS: {}, OF_PROJECT: {}, OF_USER: {}}
    for is_limit, layer, resource, amount in rows:
        (layers if is_limit else used)[layer][resource] = int(amount)
    return Usage(
        used=used[OF_PROJECT],
        limits={**DEFAULTS, **layers[OF_CLASS], **layers[OF_PROJECT]},
        user_used=used[OF_USER],
        user_limits=dict.fromkeys(DEFAULTS, UNLIMITED) | layers[OF_USER],
    )


class UsageStore:
    """Quota of servers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, project_id: str, resource: str = "servers") -> None:
        """Be the only one who counts this resource of the project, until the commit."""
        await lean(self._connection).begin(lock_of(project_id, resource))

    async def of_servers(self, project_id: str, user_id: str) -> Usage:
        """Return instances, cores and ram of the project and its user, and all limits."""
        return usage_of(await COUNTED.rows(self._connection, project=project_id, user=user_id))

    async def limits(
        self, project_id: str, resources: Collection[str], user_id: str = ""
    ) -> dict[str, int]:
        """Return limits: the user's, else the project's, else the class's, else the shipped."""
        layers = await self._layers(project_id, user_id)
        known = {**DEFAULTS, **layers[OF_CLASS], **layers[OF_PROJECT], **layers[OF_USER]}
        return {name: known[name] for name in resources}

    async def _layers(self, project_id: str, user_id: str) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {OF_CLASS: {}, OF_PROJECT: {}, OF_USER: {}}
        for layer, resource, limit in await LIMITS.rows(
            self._connection, project=project_id, user=user_id
        ):
            found[layer][resource] = limit
        return found
