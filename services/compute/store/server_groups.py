"""Server groups: writes in a transaction, reads in the fast lane."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.server_group import ServerGroup
from services.compute.store.tables import server_groups, servers
from shared.db.reads import Reads

SELECT: Final = """
SELECT id, project_id, user_id, name, policy, rules, created_at, ARRAY(
    SELECT member.id FROM servers AS member
    WHERE member.group_id = server_groups.id AND member.deleted_at IS NULL AND member.visible
    ORDER BY member.created_at, member.id
) AS members FROM server_groups
"""


class ServerGroupStore:
    """Server groups, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, group: ServerGroup) -> None:
        """Insert a group, which nobody is a member of yet."""
        values = asdict(group)
        del values["members"]
        await self._connection.execute(sa.insert(server_groups).values(values))

    async def count(self, project_id: str) -> int:
        """Return how many groups the project has."""
        found = await self._connection.scalar(
            sa.select(sa.func.count()).where(server_groups.c.project_id == project_id)
        )
        return int(found or 0)

    async def delete(self, group_id: UUID, project_id: str | None) -> bool:
        """Delete a group, whose members go on without it; return whether there was one.

        Args:
            group_id: which.
            project_id: whose it must be; None: anybody's.
        """
        these = [server_groups.c.id == group_id]
        if project_id is not None:
            these.append(server_groups.c.project_id == project_id)
        result = await self._connection.execute(sa.delete(server_groups).where(*these))
        if result.rowcount != 1:
            return False
        # In the order in which everybody locks servers, so that nobody waits in a circle.
        members = (
            sa.select(servers.c.id)
            .where(servers.c.group_id == group_id)
            .order_by(servers.c.id)
            .with_for_update()
            .cte("members")
        )
        await self._connection.execute(
            sa.update(servers)
            .where(servers.c.id.in_(sa.select(members.c.id)))
            .values(group_id=None, version=servers.c.version + 1)
        )
        return True


async def find(reads: Reads, group_id: UUID, project_id: str | None) -> ServerGroup | None:
    """Return a group; project None: anybody's."""
    row = await reads.row(
        f"{SELECT} WHERE id = $1 AND ($2::text IS NULL OR project_id = $2)", group_id, project_id
    )
    return None if row is None else _group(row)


async def page(
    reads: Reads, project_id: str | None, *, limit: int, offset: int
) -> Sequence[ServerGroup]:
    """Return a page of groups, oldest first; project None: everybody's."""
    rows = await reads.rows(
        f"{SELECT} WHERE ($1::text IS NULL OR project_id = $1)"
        " ORDER BY created_at, id LIMIT $2::bigint OFFSET $3::bigint",
        project_id,
        limit,
        offset,
    )
    return [_group(row) for row in rows]


def _group(row: Any) -> ServerGroup:
    values = dict(row)
    values |= {"rules": orjson.loads(values["rules"]), "members": tuple(values["members"])}
    return ServerGroup(**values)
