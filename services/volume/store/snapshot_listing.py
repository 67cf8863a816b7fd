"""Lists of snapshots: one statement each, outside any transaction."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.snapshot import Snapshot, not_found
from services.volume.store.pages import (
    Arguments,
    Filters,
    Listing,
    Window,
    page_of,
    visible_to,
    where_of,
)
from services.volume.store.snapshots import AS_THEY_ARE, snapshot_of
from shared.db.reads import Reads

NAMES: Final = ("project_id", "user_id", "volume_id", "status", *AS_THEY_ARE)
COLUMNS: Final = ", ".join(f"v.{name}" for name in NAMES)
SORTABLE: Final[Mapping[str, str]] = {
    "id": "{0}.id",
    "name": "coalesce({0}.name, '')",
    "display_name": "coalesce({0}.name, '')",
    "volume_id": "{0}.volume_id",
    "volume_size": "{0}.size",
    "size": "{0}.size",
    "status": "{0}.status",
    "created_at": "{0}.created_at",
    "updated_at": "coalesce({0}.updated_at, {0}.created_at)",
}
LISTING: Final = Listing(table="snapshots", source="snapshots v", sortable=SORTABLE)


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    return snapshot_of({**row, "metadata": orjson.loads(row["metadata"])})


async def list_snapshots(reads: Reads, filters: Filters, window: Window) -> list[Snapshot]:
    """Return the snapshots of a page.

    Raises:
        SnapshotNotFound: the marker names no snapshot that the caller may see.
    """
    statement, arguments = page_of(LISTING, COLUMNS, filters, window)
    rows = await reads.rows(statement, *arguments)
    if window.marker is not None and not rows:
        raise not_found(window.marker)
    return [_snapshot(row) for row in rows if row["id"] is not None]


async def count_snapshots(reads: Reads, filters: Filters) -> int:
    """Return how many snapshots there are in all."""
    arguments = Arguments()
    where = where_of(filters, arguments)
    return int(await reads.value(f"SELECT count(*) FROM snapshots v WHERE {where}", *arguments))


async def show_snapshot(reads: Reads, snapshot_id: UUID, project_id: str | None) -> Snapshot:
    """Return one snapshot.

    Raises:
        SnapshotNotFound: absent, deleted or somebody else's.
    """
    arguments = Arguments([snapshot_id])
    visible = visible_to("v", project_id, arguments)
    row = await reads.row(
        f"SELECT {COLUMNS} FROM snapshots v WHERE v.id = $1 AND {visible}", *arguments
    )
    if row is None:
        raise not_found(snapshot_id)
    return _snapshot(row)
