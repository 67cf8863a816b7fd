"""Reads what was done to servers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from shared.db.reads import Reads

COLUMNS: Final = (
    "SELECT server_id, request_id, action, user_id, project_id, message, events, "
    "started_at, updated_at FROM server_actions WHERE server_id = $1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAction:
    """Something that was done to a server."""

    server_id: UUID
    request_id: str
    action: str
    user_id: str
    project_id: str
    message: str | None
    events: list[dict[str, Any]]
    started_at: datetime
    updated_at: datetime


def _action(row: Any) -> InstanceAction:
    return InstanceAction(**{**row, "events": orjson.loads(row["events"])})


async def page(
    reads: Reads,
    server_id: UUID,
    *,
    limit: int,
    marker: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[InstanceAction]:
    """Return a server's actions, the newest first.

    Args:
        reads: the fast lane.
        server_id: whose.
        limit: how many at most.
        marker: request id of the last one seen.
        since: only those that changed at or after this.
        before: only those that changed at or before this.
    """
    rows = await reads.rows(
        " ".join(
            (
                COLUMNS,
                "AND ($2::text IS NULL OR (started_at, request_id) < (SELECT started_at,",
                "request_id FROM server_actions WHERE server_id = $1 AND request_id = $2))",
                "AND ($3::timestamptz IS NULL OR updated_at >= $3)",
                "AND ($4::timestamptz IS NULL OR updated_at <= $4)",
                "ORDER BY started_at DESC, request_id DESC LIMIT $5",
            )
        ),
        server_id,
        marker,
        since,
        before,
        limit,
    )
    return [_action(row) for row in rows]


async def find(reads: Reads, server_id: UUID, request_id: str) -> InstanceAction | None:
    """Return one action, by the request that asked for it."""
    row = await reads.row(f"{COLUMNS} AND request_id = $2", server_id, request_id)
    return None if row is None else _action(row)
