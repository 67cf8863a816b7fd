"""Metadata definitions for somebody who may or may not see them: one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from services.image.domain.metadef import Namespace, NamespaceNotFound
from services.image.domain.query import Viewer
from services.image.store.metadefs import read_item
from shared.db.reads import Reads
from shared.errors import BadInput

ITEMS: Final = """
  coalesce((SELECT jsonb_agg(to_jsonb(i) ORDER BY i.created_at, i.name) FROM metadef_items i
            WHERE i.namespace = n.namespace AND ($4::text IS NULL OR i.kind = $4)), '[]') AS items
"""
VISIBLE: Final = "($2 OR n.visibility = 'public' OR n.owner = $1)"
SHOW: Final = f"SELECT n.*, {ITEMS} FROM metadef_namespaces n WHERE {VISIBLE} AND n.namespace = $3"
MOMENTS: Final = ("created_at", "updated_at")
TYPES: Final = """
SELECT name, min(created_at) AS created_at, max(updated_at) AS updated_at
FROM metadef_items WHERE kind = 'resource_type' GROUP BY name ORDER BY name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceQuery:
    """Which namespaces, in which order, and how many."""

    visibility: str | None = None
    resource_types: tuple[str, ...] = ()  # any of them
    sort: str  # a column
    descending: bool
    limit: int
    marker: str | None = None


async def show_namespace(
    reads: Reads, name: str, viewer: Viewer, kind: str | None = None
) -> Namespace:
    """Return the namespace, with its items of one kind or of all.

    Raises:
        NamespaceNotFound: it is not there, or not for the viewer.
    """
    row = await reads.row(SHOW, viewer.project, viewer.sees_all, name, kind)
    if row is None:
        raise NamespaceNotFound(name)
    return _namespace(row)


async def list_namespaces(
    reads: Reads, query: NamespaceQuery, viewer: Viewer
) -> Sequence[Namespace]:
    """Return a page of namespaces, with the types they are for.

    Raises:
        BadInput: there is nothing to go on after.
    """
    way, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
    key = f"{query.sort}, namespace"
    sql = (
        f"SELECT n.*, {ITEMS} FROM metadef_namespaces n WHERE {VISIBLE} "
        "AND ($3::text IS NULL OR n.visibility = $3) "
        "AND ($5::text[] IS NULL OR EXISTS (SELECT FROM metadef_items t WHERE t.namespace = "
        "n.namespace AND t.kind = 'resource_type' AND t.name = ANY($5))) "
        f"AND ($6::text IS NULL OR ({key}) {beyond} (SELECT {key} FROM metadef_namespaces n "
        f"WHERE namespace = $6 AND {VISIBLE})) "
        f"ORDER BY n.{query.sort} {way}, n.namespace {way} LIMIT $7"
    )
    rows = await reads.rows(
        sql,
        viewer.project,
        viewer.sees_all,
        query.visibility,
        "resource_type",
        list(query.resource_types) or None,
        query.marker,
        query.limit,
    )
    if not rows and query.marker is not None:
        await _check_marker(reads, query.marker, viewer)
    return [_namespace(row) for row in rows]


async def _check_marker(reads: Reads, marker: str, viewer: Viewer) -> None:
    try:
        await show_namespace(reads, marker, viewer)
    except NamespaceNotFound as missing:
        raise BadInput(missing.message) from missing


async def associated_types(reads: Reads) -> Sequence[Any]:
    """Return all resource types some namespace is for, and since when."""
    return await reads.rows(TYPES)


def _namespace(row: Any) -> Namespace:
    values = dict(row)
    items = [
        read_item(each | {name: datetime.fromisoformat(each[name]) for name in MOMENTS})
        for each in orjson.loads(values.pop("items"))
    ]
    return Namespace(**values, items=items)
