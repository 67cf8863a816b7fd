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


async def show_type_named(reads: Reads, name: str) -> VolumeType:
    """Return the type of this name.

    Raises:
        TypeNotFound: there is none.
    """
    row = await reads.row(f"{TYPES} AND t.name = $1", name)
    if row is None:
        raise not_found(name)
    return _type(row)


def _type(row: Mapping[str, Any]) -> VolumeType:
    return type_of({**row, "extra_specs": orjson.loads(row["extra_specs"])})
