"""Lists of volumes: one statement each, outside any transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.volume import Volume, not_found
from services.volume.store.pages import (
    Arguments,
    Filters,
    Listing,
    Window,
    page_of,
    visible_to,
    where_of,
)
from services.volume.store.volumes import volume_of
from shared.db.reads import Reads

COLUMNS: Final = (
    "v.id, v.project_id, v.user_id, v.name, v.description, v.size, v.growing_to, v.status, "
    "v.status_before, v.availability_zone, v.volume_type_id, t.name AS volume_type, v.metadata, "
    "v.image_metadata, v.bootable, v.multiattach, v.readonly, v.snapshot_id, v.source_id, "
    "v.group_id, v.cluster, v.driver, v.disk_template, v.disk_uuid, v.disk_nodes, v.has_content, "
    "v.attachments, v.created_at, v.updated_at, v.version"
)
SOURCE: Final = "volumes v JOIN volume_types t ON t.id = v.volume_type_id"
# A stored answer lacks its end, the name of its type; the end is made once for each type
# (OFFSET 0 sees to that), not for each volume.
STORED: Final = "v.view || t.ending AS view"
STORED_SOURCE: Final = (
    "volumes v JOIN (SELECT id, convert_to(to_json(name)::text || '}', 'UTF8') AS ending "
    "FROM volume_types OFFSET 0) t ON t.id = v.volume_type_id"
)
# In a list the ends of all types are looked up, not joined: a join makes PostgreSQL sort all
# volumes that there are, where an index has them in order.
ENDINGS: Final = "SELECT jsonb_object_agg(id, to_json(name)::text || '}') FROM volume_types"
LISTED: Final = f"v.view || convert_to(({ENDINGS}) ->> v.volume_type_id::text, 'UTF8') AS view"
# What a list may be sorted by, as clients name it -> the expression, of one row or another.
SORTABLE: Final[Mapping[str, str]] = {
    "id": "{0}.id",
    "name": "coalesce({0}.name, '')",
    "display_name": "coalesce({0}.name, '')",
    "size": "{0}.size",
    "status": "{0}.status",
    "bootable": "{0}.bootable",
    "availability_zone": "{0}.availability_zone",
    "created_at": "{0}.created_at",
    "updated_at": "coalesce({0}.updated_at, {0}.created_at)",
}
LISTING: Final = Listing(table="volumes", source=SOURCE, sortable=SORTABLE)
STORED_LISTING: Final = Listing(table="volumes", source="volumes v", sortable=SORTABLE)


async def list_stored(reads: Reads, filters: Filters, window: Window) -> list[bytes]:
    """Return the stored answers of a page of volumes.

    Raises:
        VolumeNotFound: the marker names no volume that the caller may see.
    """
    rows = await _rows(reads, STORED_LISTING, LISTED, filters, window)
    return [row[0] for row in rows]


async def _rows(
    reads: Reads, what: Listing, columns: str, filters: Filters, window: Window
) -> Sequence[Any]:
    """Return the rows of a page. The first column is null in none but the one of no row."""
    statement, arguments = page_of(what, columns, filters, window)
    rows = await reads.rows(statement, *arguments)
    if window.marker is None:
        return rows
    if not rows:
        raise not_found(window.marker)
    return [row for row in rows if row[0] is not None]


async def list_volumes(reads: Reads, filters: Filters, window: Window) -> list[Volume]:
    """Return the volumes of a page.

    Raises:
        VolumeNotFound: the marker names no volume that the caller may see.
    """
    return [_volume(row) for row in await _rows(reads, LISTING, COLUMNS, filters, window)]


async def count_volumes(reads: Reads, filters: Filters) -> int:
    """Return how many volumes there are in all."""
    arguments = Arguments()
    where = where_of(filters, arguments)
    return int(await reads.value(f"SELECT count(*) FROM volumes v WHERE {where}", *arguments))


async def show_volume(reads: Reads, volume_id: UUID, project_id: str | None) -> Volume:
    """Return one volume.

    Raises:
        VolumeNotFound: absent, deleted or somebody else's.
    """
    arguments = Arguments([volume_id])
    visible = visible_to("v", project_id, arguments)
    row = await reads.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE v.id = $1 AND {visible}", *arguments
    )
    if row is None:
        raise not_found(volume_id)
    return _volume(row)


async def show_stored(reads: Reads, volume_id: UUID, project_id: str | None) -> bytes:
    """Return the stored answer of one volume.

    Raises:
        VolumeNotFound: absent, deleted or somebody else's.
    """
    arguments = Arguments([volume_id])
    visible = visible_to("v", project_id, arguments)
    row = await reads.row(
        f"SELECT {STORED} FROM {STORED_SOURCE} WHERE v.id = $1 AND {visible}", *arguments
    )
    if row is None:
        raise not_found(volume_id)
    view: bytes = row[0]
    return view


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All volumes together: how many, of how many GiB, and every value of their metadata."""

    count: int
    size: int
    metadata: Mapping[str, Sequence[str]]


async def summary(reads: Reads, project_id: str | None) -> Summary:
    """Return what the volumes of a project are together; None: of every project."""
    arguments = Arguments()
    visible = visible_to("v", project_id, arguments)
    row = await reads.row(
        f"SELECT count(*) AS count, coalesce(sum(v.size), 0) AS size, "
        f"(SELECT jsonb_object_agg(key, every) FROM (SELECT item.key, "
        f"jsonb_agg(DISTINCT item.value) AS every FROM volumes v, jsonb_each_text(v.metadata) item "
        f"WHERE {visible} GROUP BY item.key) items) AS metadata "
        f"FROM volumes v WHERE {visible}",
        *arguments,
    )
    return Summary(
        count=int(row["count"]),
        size=int(row["size"]),
        metadata=orjson.loads(row["metadata"]) if row["metadata"] else {},
    )


def _volume(row: Mapping[str, Any]) -> Volume:
    values = dict(row)
    for column in ("metadata", "image_metadata", "disk_nodes", "attachments"):
        values[column] = orjson.loads(values[column])
    return volume_of(values)
