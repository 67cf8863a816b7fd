"""Lists of types: one statement each, outside any transaction."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.volume_type import VolumeType, not_found
from services.volume.store.volume_types import type_of
from shared.db.reads import Reads

TYPES: Final = """
SELECT t.id, t.name, t.description, t.is_public, t.extra_specs, t.qos_specs_id,
       (SELECT array_agg(a.project_id) FROM volume_type_access a WHERE a.volume_type_id = t.id)
       AS projects
FROM volume_types t
WHERE t.deleted_at IS NULL
"""


async def list_types(reads: Reads) -> list[VolumeType]:
    """Return all types, the newest first."""
    return [
        _type(row) for row in await reads.rows(f"{TYPES} ORDER BY t.created_at DESC, t.id DESC")
    ]


async def show_type(reads: Reads, type_id: UUID) -> VolumeType:
    """Return one type.

    Raises:
        TypeNotFound: there is none.
    """
    row = await reads.row(f"{TYPES} AND t.id = $1", type_id)
    if row is None:
        raise not_found(type_id)
    return _type(row)


async def list_default_types(reads: Reads) -> dict[str, UUID]:
    """Return the default types of the projects that have their own."""
    rows = await reads.rows(
        "SELECT d.project_id, d.volume_type_id FROM default_types d "
        "JOIN volume_types t ON t.id = d.volume_type_id WHERE t.deleted_at IS NULL"
    )
    return {row["project_id"]: row["volume_type_id"] for row in rows}


async def show_usual(reads: Reads, project_id: str, name: str) -> VolumeType:
    """Return the type that a project's volumes get when they name none.

    Raises:
        TypeNotFound: there is none.
    """
    row = await reads.row(
        f"{TYPES} AND (t.id = (SELECT volume_type_id FROM default_types WHERE project_id = $1) "
        "OR t.name = $2 OR t.id::text = $2) ORDER BY coalesce(t.id = (SELECT volume_type_id "
        "FROM default_types WHERE project_id = $1), false) DESC LIMIT 1",
        project_id,
        name,
    )
    if row is None:
        raise not_found(name)
    return _type(row)


def _type(row: Mapping[str, Any]) -> VolumeType:
    return type_of({**row, "extra_specs": orjson.loads(row["extra_specs"])})
