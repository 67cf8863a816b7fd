"""Limits of projects, of users in them and of the default class, with what is in use."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.quota_set import DEFAULT_CLASS, QuotaSet
from services.compute.store.tables import quota_classes, quotas
from shared.db.reads import Reads

# Counts what UsageStore counts when servers are made. User "" means the whole project.
READ: Final = """
SELECT
    (SELECT jsonb_object_agg(resource, "limit")::text FROM quota_classes
     WHERE class = 'default') AS of_class,
    (SELECT jsonb_object_agg(resource, "limit")::text FROM quotas
     WHERE project_id = :project AND user_id = '') AS of_project,
    (SELECT jsonb_object_agg(resource, "limit")::text FROM quotas
     WHERE project_id = :project AND user_id = :user AND user_id <> '') AS of_user,
    (SELECT jsonb_build_object(
        'instances', count(*),
        'cores', coalesce(sum(vcpus), 0),
        'ram', coalesce(sum(ram), 0),
        'server_groups', (SELECT count(*) FROM server_groups
            WHERE project_id = :project AND (:user = '' OR user_id = :user)),
        'security_groups', (SELECT count(*) FROM resources
            WHERE kind = 'network.security_group' AND project_id = :project AND NOT gone)
     )::text FROM servers WHERE project_id = :project
        AND (:user = '' OR user_id = :user) AND deleted_at IS NULL) AS used
"""
FAST: Final = READ.replace(":project", "$1::text").replace(":user", "$2::text")


class QuotaStore:
    """Limits, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def read(self, project_id: str, user_id: str = "") -> QuotaSet:
        """Return the limits of a project, or of a user in it, and what is in use."""
        values = {"project": project_id, "user": user_id}
        row = (await self._connection.execute(sa.text(READ), values)).one()
        return _quota_set(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it

    async def set(self, project_id: str, user_id: str, limits: Mapping[str, int]) -> None:
        """Set limits of a project, or of a user in it."""
        for name, limit in limits.items():
            new = insert(quotas).values(
                project_id=project_id, user_id=user_id, resource=name, limit=limit
            )
            await self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[quotas.c.project_id, quotas.c.user_id, quotas.c.resource],
                    set_={"limit": new.excluded.limit},
                )
            )

    async def clear(self, project_id: str, user_id: str | None) -> None:
        """Take limits back: of a user in a project, or of all of the project."""
        these = [quotas.c.project_id == project_id]
        if user_id is not None:
            these.append(quotas.c.user_id == user_id)
        await self._connection.execute(sa.delete(quotas).where(*these))

    async def set_class(self, name: str, limits: Mapping[str, int]) -> None:
        """Set limits of a class."""
        for resource, limit in limits.items():
            new = insert(quota_classes).values(class_name=name, resource=resource, limit=limit)
            await self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[quota_classes.c.class_name, quota_classes.c.resource],
                    set_={"limit": new.excluded.limit},
                )
            )


async def quota_set(reads: Reads, project_id: str, user_id: str = "") -> QuotaSet:
    """Return the limits of a project, or of a user in it, and what is in use."""
    return _quota_set(await reads.row(FAST, project_id, user_id))


async def class_limits(reads: Reads, name: str = DEFAULT_CLASS) -> dict[str, int]:
    """Return what was set for a class."""
    rows = await reads.rows('SELECT resource, "limit" FROM quota_classes WHERE class = $1', name)
    return {row["resource"]: row["limit"] for row in rows}


def _quota_set(row: Any) -> QuotaSet:
    return QuotaSet(
        **{
            name: orjson.loads(row[name] or "{}")
            for name in ("of_class", "of_project", "of_user", "used")
        }
    )
