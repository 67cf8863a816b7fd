"""Types of groups: written in transactions, listed outside any."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.group_type import (
    GroupType,
    GroupTypeExists,
    GroupTypeInUse,
    not_found,
)
from services.volume.store.tables import group_types, groups
from shared.db.reads import Reads

NAMES: Final = ("id", "name", "description", "is_public", "group_specs")
COLUMNS: Final = ", ".join(NAMES)


def _type(row: Mapping[Any, Any]) -> GroupType:
    specs = row["group_specs"]
    values = {name: row[name] for name in NAMES}
    return GroupType(**values | {"group_specs": _read(specs)})


def _read(specs: Any) -> Any:
    return orjson.loads(specs) if isinstance(specs, str) else specs


class GroupTypeStore:
    """Writes types of groups."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name_or_id: str) -> GroupType | None:
        """Return the type of this id or name, if there is one; nobody deletes it meanwhile."""
        by_id = sa.cast(group_types.c.id, sa.Text) == name_or_id
        query = (
            sa.select(group_types)
            .where(sa.or_(by_id, group_types.c.name == name_or_id))
            .order_by(by_id.desc())
            .with_for_update(read=True)
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _type(row)

    async def get(self, type_id: UUID) -> GroupType:
        """Return a type, and keep other writers off it until the transaction ends.

        Raises:
            GroupTypeNotFound: there is none.
        """
        query = sa.select(group_types).where(group_types.c.id == type_id).with_for_update()
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(type_id)
        return _type(row)

    async def add(self, kind: GroupType) -> None:
        """Write a new type.

        Raises:
            GroupTypeExists: the name is taken.
        """
        new = insert(group_types).values(asdict(kind)).on_conflict_do_nothing()
        if (await self._connection.execute(new)).rowcount != 1:
            raise GroupTypeExists(f"Group Type {kind.name} already exists.")

    async def save(self, kind: GroupType) -> None:
        """Write the type over what is there.

        Raises:
            GroupTypeExists: the new name is taken.
        """
        try:
            await self._connection.execute(
                sa.update(group_types).where(group_types.c.id == kind.id).values(asdict(kind))
            )
        except IntegrityError as taken:
            raise GroupTypeExists(f"Group Type {kind.name} already exists.") from taken

    async def remove(self, kind: GroupType) -> None:
        """Have no such type.

        Raises:
            GroupTypeInUse: there are groups of it.
        """
        used = sa.select(groups.c.id).where(
            groups.c.group_type_id == kind.id, groups.c.deleted_at.is_(None)
        )
        if (await self._connection.execute(used.limit(1))).first():
            raise GroupTypeInUse(f"Target group type is still in use. Group Type {kind.id}.")
        await self._connection.execute(sa.delete(group_types).where(group_types.c.id == kind.id))


async def list_group_types(reads: Reads) -> list[GroupType]:
    """Return all types, the newest first."""
    rows = await reads.rows(f"SELECT {COLUMNS} FROM group_types ORDER BY created_at DESC, id DESC")
    return [_type(row) for row in rows]


async def show_group_type(reads: Reads, type_id: UUID) -> GroupType:
    """Return one type.

    Raises:
        GroupTypeNotFound: there is none.
    """
    row = await reads.row(f"SELECT {COLUMNS} FROM group_types WHERE id = $1", type_id)
    if row is None:
        raise not_found(type_id)
    return _type(row)
