"""Reads moves of servers: one statement each, outside transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from services.compute.domain.moving import Move
from services.compute.store.moves import NAMES
from shared.db.reads import Reads
from shared.errors import BadInput

COLUMNS: Final = ", ".join(NAMES)
LIVE: Final = ("queued", "preparing", "running", "post-migrating")
PAGE: Final = f"""
SELECT {COLUMNS} FROM moves
WHERE ($1::text IS NULL OR source = $1 OR target = $1)
    AND ($2::text IS NULL OR status = $2)
    AND ($3::text IS NULL OR server_id::text = $3)
    AND ($4::text IS NULL OR source = $4)
    AND ($5::text IS NULL OR kind = $5)
    AND ($6::text IS NULL OR user_id = $6)
    AND ($7::text IS NULL OR project_id = $7)
    AND ($8::timestamptz IS NULL OR updated_at >= $8)
    AND ($9::timestamptz IS NULL OR updated_at <= $9)
    AND ($10::uuid IS NULL OR (created_at, id) < (
        SELECT created_at, id FROM moves AS marker WHERE marker.uuid = $10))
ORDER BY created_at DESC, id DESC LIMIT $11
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCriteria:
    """Which moves are asked for."""

    host: str | None = None
    status: str | None = None
    server_id: str | None = None
    source: str | None = None
    kind: str | None = None
    user_id: str | None = None
    project_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    marker: UUID | None = None
    limit: int = 1000


def _move(row: Any) -> Move:
    values = dict(row)
    job = orjson.loads(values["job"]) if values["job"] is not None else None
    return Move(**(values | {"job": None if job is None else tuple(job)}))


async def page(reads: Reads, wanted: MoveCriteria) -> list[Move]:
    """Return moves that match, the newest first.

    Raises:
        BadInput: the marker is no move's.
    """
    rows = await reads.rows(
        PAGE, wanted.host, wanted.status, wanted.server_id, wanted.source, wanted.kind,
        wanted.user_id, wanted.project_id, wanted.since, wanted.before, wanted.marker,
        wanted.limit,
    )  # fmt: skip
    if not rows and wanted.marker is not None:
        known = await reads.value("SELECT 1 FROM moves WHERE uuid = $1", wanted.marker)
        if known is None:
            raise BadInput(f"Marker {wanted.marker} could not be found.")
    return [_move(row) for row in rows]


async def live(reads: Reads, server_id: UUID, move_id: int | None = None) -> Sequence[Move]:
    """Return a server's live migrations that are under way, or the one of them with this id."""
    rows = await reads.rows(
        f"SELECT {COLUMNS} FROM moves WHERE server_id = $1 AND kind = 'live-migration' "
        "AND status = ANY($2::text[]) AND ($3::bigint IS NULL OR id = $3) ORDER BY id",
        server_id,
        list(LIVE),
        move_id,
    )
    return [_move(row) for row in rows]
