"""Lists of volumes and types: one statement each, outside any transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.volume import Volume, not_found
from services.volume.domain.volume_type import VolumeType
from services.volume.domain.volume_type import not_found as type_not_found
from services.volume.store.volume_types import type_of
from services.volume.store.volumes import volume_of
from shared.db.reads import Reads
from shared.errors import BadInput

COLUMNS: Final = (
    "id, project_id, user_id, name, description, size, status, availability_zone, "
    "volume_type_id, volume_type, metadata, image_metadata, bootable, multiattach, "
    "created_at, updated_at, version"
)
# What a list may be sorted by, as clients name it -> the column.
SORTABLE: Final[Mapping[str, str]] = {
    "id": "id",
    "name": "coalesce(name, '')",
    "display_name": "coalesce(name, '')",
    "size": "size",
    "status": "status",
    "bootable": "bootable",
    "availability_zone": "availability_zone",
    "created_at": "created_at",
    "updated_at": "coalesce(updated_at, created_at)",
}
TYPES: Final = """
SELECT t.id, t.name, t.description, t.is_public, t.extra_specs,
       (SELECT array_agg(a.project_id) FROM volume_type_access a WHERE a.volume_type_id = t.id)
       AS projects
FROM volume_types t
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which volumes are asked for."""

    project_id: str | None = None  # None: every project's
    equal: Mapping[str, Any] = field(default_factory=dict)  # column -> value
    like: Mapping[str, str] = field(default_factory=dict)  # column -> piece of text
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the list: order as (key, descending), then marker, offset and limit."""

    order: Sequence[tuple[str, bool]]
    limit: int
    marker: UUID | None = None
    offset: int = 0


def _where(filters: Filters, arguments: list[Any]) -> str:
    conditions = ["deleted_at IS NULL"]

    def put(condition: str, value: Any) -> None:
        arguments.append(value)
        conditions.append(condition.format(f"${len(arguments)}"))

    if filters.project_id is not None:
        put("project_id = {}", filters.project_id)
    for column, value in filters.equal.items():
        put(f"{column} = {{}}", value)
    for column, piece in filters.like.items():
        put(f"position({{}} in coalesce({column}, '')) > 0", piece)
    if filters.metadata is not None:
        put("metadata @> {}::jsonb", orjson.dumps(filters.metadata).decode())
    return " AND ".join(conditions)


def _after(order: Sequence[tuple[str, bool]], place: str) -> str:
    """Return the condition that a row comes after the marker's row in this order."""
    terms: list[str] = []
    equal = ""
    for key, descending in order:
        column = SORTABLE[key]
        mark = f"(SELECT {column} FROM volumes WHERE id = {place})"
        terms.append(f"({equal}{column} {'<' if descending else '>'} {mark})")
        equal += f"{column} = {mark} AND "
    return f"({' OR '.join(terms)})"


async def list_volumes(reads: Reads, filters: Filters, window: Window) -> list[Volume]:
    """Return the volumes of a page.

    Raises:
        BadInput: the marker names no volume of this list.
    """
    arguments: list[Any] = []
    where = _where(filters, arguments)
    order = [*window.order, *([] if any(k == "id" for k, _ in window.order) else [("id", True)])]
    by = ", ".join(f"{SORTABLE[key]} {'DESC' if down else 'ASC'}" for key, down in order)
    exists = ""
    if window.marker is not None:
        arguments.append(window.marker)
        place = f"${len(arguments)}"
        exists = f"(SELECT count(*) FROM volumes WHERE id = {place}) AS marked, "
        where = f"({where} AND {_after(order, place)}) OR id = {place}"
        by = f"id <> {place}, {by}"  # the marker's own row first: it proves that it is there
    arguments += [window.limit + (1 if window.marker else 0), window.offset]
    rows = await reads.rows(
        f"SELECT {exists}{COLUMNS} FROM volumes WHERE {where} ORDER BY {by} "
        f"LIMIT ${len(arguments) - 1} OFFSET ${len(arguments)}",
        *arguments,
    )
    if window.marker is not None:
        if not rows or rows[0]["id"] != window.marker:
            raise BadInput(f"marker [{window.marker}] not found")
        rows = rows[1:]
    return [_volume(row) for row in rows]


async def count_volumes(reads: Reads, filters: Filters) -> int:
    """Return how many volumes there are in all."""
    arguments: list[Any] = []
    where = _where(filters, arguments)
    return int(await reads.value(f"SELECT count(*) FROM volumes WHERE {where}", *arguments))


async def show_volume(reads: Reads, volume_id: UUID, project_id: str | None) -> Volume:
    """Return one volume.

    Raises:
        VolumeNotFound: absent, deleted or somebody else's.
    """
    arguments: list[Any] = [volume_id]
    mine = ""
    if project_id is not None:
        arguments.append(project_id)
        mine = " AND project_id = $2"
    row = await reads.row(
        f"SELECT {COLUMNS} FROM volumes WHERE id = $1 AND deleted_at IS NULL{mine}",
        *arguments,
    )
    if row is None:
        raise not_found(volume_id)
    return _volume(row)


async def summary(reads: Reads, project_id: str | None) -> tuple[int, int]:
    """Return how many volumes there are, and of how many GiB in all."""
    row = await reads.row(
        "SELECT count(*), coalesce(sum(size), 0) FROM volumes "
        "WHERE deleted_at IS NULL AND ($1::text IS NULL OR project_id = $1)",
        project_id,
    )
    return int(row[0]), int(row[1])


async def list_types(reads: Reads) -> list[VolumeType]:
    """Return all types, in the order they were made."""
    return [_type(row) for row in await reads.rows(f"{TYPES} ORDER BY t.created_at, t.name")]


async def show_type(reads: Reads, name_or_id: str) -> VolumeType:
    """Return one type.

    Raises:
        TypeNotFound: there is none.
    """
    row = await reads.row(f"{TYPES} WHERE t.id::text = $1 OR t.name = $1 LIMIT 1", name_or_id)
    if row is None:
        raise type_not_found(name_or_id)
    return _type(row)


def _volume(row: Mapping[str, Any]) -> Volume:
    values = dict(row)
    for column in ("metadata", "image_metadata"):
        values[column] = orjson.loads(values[column])
    return volume_of(values)


def _type(row: Mapping[str, Any]) -> VolumeType:
    return type_of({**row, "extra_specs": orjson.loads(row["extra_specs"])})
