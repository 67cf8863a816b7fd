"""Lists of volumes: one statement each, outside any transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.volume import Volume, not_found
from services.volume.store.volumes import volume_of
from shared.db.reads import Reads

COLUMNS: Final = (
    "v.id, v.project_id, v.user_id, v.name, v.description, v.size, v.status, v.availability_zone, "
    "v.volume_type_id, t.name AS volume_type, v.metadata, v.image_metadata, v.bootable, "
    "v.multiattach, v.created_at, v.updated_at, v.version"
)
SOURCE: Final = "volumes v JOIN volume_types t ON t.id = v.volume_type_id"
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
COMPARISONS: Final[Mapping[str, str]] = {
    "eq": "=",
    "neq": "IS DISTINCT FROM",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which volumes are asked for."""

    project_id: str | None = None  # None: every project's
    equal: Mapping[str, Any] = field(default_factory=dict)  # column -> value
    like: Mapping[str, str] = field(default_factory=dict)  # column -> piece of text
    items: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column -> what it holds
    moments: Sequence[tuple[str, str, datetime]] = ()  # column, a key of COMPARISONS, when
    nothing: bool = False  # what is asked for is something no volume has


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the list: order as (key, descending), then marker, offset and limit."""

    order: Sequence[tuple[str, bool]]
    limit: int
    marker: UUID | None = None
    offset: int = 0


class _Arguments(list[Any]):
    """What a statement is given, in order."""

    def place(self, value: Any) -> str:
        """Return the placeholder that stands for one more value."""
        self.append(value)
        return f"${len(self)}"


def _visible(row: str, project_id: str | None, arguments: _Arguments) -> str:
    if project_id is None:
        return f"{row}.deleted_at IS NULL"
    return f"{row}.deleted_at IS NULL AND {row}.project_id = {arguments.place(project_id)}"


def _where(filters: Filters, arguments: _Arguments) -> str:
    place = arguments.place
    conditions = [_visible("v", filters.project_id, arguments)]
    conditions += [f"v.{column} = {place(value)}" for column, value in filters.equal.items()]
    conditions += [
        f"position({place(piece)} in coalesce(v.{column}, '')) > 0"
        for column, piece in filters.like.items()
    ]
    conditions += [
        f"v.{column} @> {place(orjson.dumps(items).decode())}::jsonb"
        for column, items in filters.items.items()
    ]
    conditions += [
        f"v.{column} {COMPARISONS[how]} {place(when)}" for column, how, when in filters.moments
    ]
    if filters.nothing:
        conditions.append("false")
    return " AND ".join(conditions)


def _after(order: Sequence[tuple[str, bool]]) -> str:
    """Return the condition that a row comes after the marker's row in this order."""
    keys = [(SORTABLE[key].format("v"), SORTABLE[key].format("mark"), down) for key, down in order]
    if len({down for _own, _mark, down in keys}) == 1:  # one comparison, which an index answers
        rows = ", ".join(own for own, _mark, _down in keys)
        marks = ", ".join(mark for _own, mark, _down in keys)
        return f"({rows}) {'<' if keys[0][2] else '>'} ({marks})"
    terms: list[str] = []
    equal = ""
    for own, mark, down in keys:
        terms.append(f"({equal}{own} {'<' if down else '>'} {mark})")
        equal += f"{own} = {mark} AND "
    return f"({' OR '.join(terms)})"


def _total(order: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Return the order with no key twice, and made total by the id."""
    total = dict(reversed(order))
    ordered = [(key, total[key]) for key in dict(order)]
    return ordered if "id" in total else [*ordered, ("id", True)]


def _ordered(order: Sequence[tuple[str, bool]], row: str) -> str:
    return ", ".join(
        f"{SORTABLE[key].format(row)} {'DESC' if down else 'ASC'}" for key, down in order
    )


def _page(filters: Filters, window: Window) -> tuple[str, _Arguments]:
    """Return the statement; with a marker that is not there it gives no row at all.

    With one that is there it gives at least one: all nulls when nothing comes after it.
    """
    arguments = _Arguments()
    order = _total(window.order)
    where = _where(filters, arguments)
    if window.marker is not None:
        where += f" AND {_after(order)}"
    page = (
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE {where} ORDER BY {_ordered(order, 'v')} "
        f"LIMIT {arguments.place(window.limit)} OFFSET {arguments.place(window.offset)}"
    )
    if window.marker is None:
        return page, arguments
    visible = _visible("m", filters.project_id, arguments)
    mark = f"SELECT m.* FROM volumes m WHERE m.id = {arguments.place(window.marker)} AND {visible}"
    by = f"ORDER BY {_ordered(order, 'page')}"
    return (
        f"SELECT page.* FROM ({mark}) mark LEFT JOIN LATERAL ({page}) page ON true {by}",
        arguments,
    )


async def list_volumes(reads: Reads, filters: Filters, window: Window) -> list[Volume]:
    """Return the volumes of a page.

    Raises:
        VolumeNotFound: the marker names no volume that the caller may see.
    """
    statement, arguments = _page(filters, window)
    rows = await reads.rows(statement, *arguments)
    if window.marker is not None and not rows:
        raise not_found(window.marker)
    return [_volume(row) for row in rows if row["id"] is not None]


async def count_volumes(reads: Reads, filters: Filters) -> int:
    """Return how many volumes there are in all."""
    arguments = _Arguments()
    where = _where(filters, arguments)
    return int(await reads.value(f"SELECT count(*) FROM volumes v WHERE {where}", *arguments))


async def show_volume(reads: Reads, volume_id: UUID, project_id: str | None) -> Volume:
    """Return one volume.

    Raises:
        VolumeNotFound: absent, deleted or somebody else's.
    """
    arguments = _Arguments([volume_id])
    visible = _visible("v", project_id, arguments)
    row = await reads.row(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE v.id = $1 AND {visible}", *arguments
    )
    if row is None:
        raise not_found(volume_id)
    return _volume(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All volumes together: how many, of how many GiB, and every value of their metadata."""

    count: int
    size: int
    metadata: Mapping[str, Sequence[str]]


async def summary(reads: Reads, project_id: str | None) -> Summary:
    """Return what the volumes of a project are together; None: of every project."""
    arguments = _Arguments()
    visible = _visible("v", project_id, arguments)
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
    for column in ("metadata", "image_metadata"):
        values[column] = orjson.loads(values[column])
    return volume_of(values)
