"""Volume types, inside one transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.volume_type import TypeExists, TypeInUse, VolumeType, not_found
from services.volume.store.tables import volume_type_access, volume_types, volumes


def type_of(row: Mapping[Any, Any]) -> VolumeType:
    """Return the type a row holds, with the projects that may use it."""
    return VolumeType(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        is_public=row["is_public"],
        extra_specs=row["extra_specs"],
        projects=frozenset(row["projects"] or ()),
    )


_projects = (
    sa.select(sa.func.array_agg(volume_type_access.c.project_id))
    .where(volume_type_access.c.volume_type_id == volume_types.c.id)
    .scalar_subquery()
    .label("projects")
)


class TypeStore:
    """Reads and writes types."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name_or_id: str) -> VolumeType | None:
        """Return the type of this id or name, if there is one; the id comes first."""
        query = sa.select(volume_types, _projects).where(
            sa.or_(
                sa.cast(volume_types.c.id, sa.Text) == name_or_id, volume_types.c.name == name_or_id
            )
        )
        rows = (await self._connection.execute(query)).mappings().all()
        by_id = [row for row in rows if str(row["id"]) == name_or_id]
        return type_of((by_id or rows)[0]) if rows else None

    async def get(self, type_id: UUID) -> VolumeType:
        """Return a type.

        Raises:
            TypeNotFound: there is none.
        """
        query = sa.select(volume_types, _projects).where(volume_types.c.id == type_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(type_id)
        return type_of(row)

    async def add(self, kind: VolumeType) -> None:
        """Write a new type.

        Raises:
            TypeExists: the name is taken.
        """
        added = await self._connection.execute(
            insert(volume_types)
            .values(
                id=kind.id,
                name=kind.name,
                description=kind.description,
                is_public=kind.is_public,
                extra_specs=dict(kind.extra_specs),
            )
            .on_conflict_do_nothing()
        )
        if added.rowcount != 1:
            raise TypeExists(f"Volume Type {kind.name} already exists.")

    async def save(self, kind: VolumeType) -> None:
        """Write the type over what is there; volumes show its new name.

        Raises:
            TypeExists: the new name is taken.
        """
        taken = sa.select(volume_types.c.id).where(
            volume_types.c.name == kind.name, volume_types.c.id != kind.id
        )
        if (await self._connection.execute(taken)).first():
            raise TypeExists(f"Volume Type {kind.name} already exists.")
        await self._connection.execute(
            sa.update(volume_types)
            .where(volume_types.c.id == kind.id)
            .values(
                name=kind.name,
                description=kind.description,
                is_public=kind.is_public,
                extra_specs=dict(kind.extra_specs),
            )
        )
        await self._connection.execute(
            sa.update(volumes)
            .where(volumes.c.volume_type_id == kind.id, volumes.c.volume_type != kind.name)
            .values(volume_type=kind.name)
        )

    async def remove(self, kind: VolumeType) -> None:
        """Have no such type.

        Raises:
            TypeInUse: there are volumes of it.
        """
        used = sa.select(volumes.c.id).where(volumes.c.volume_type_id == kind.id).limit(1)
        live = used.where(volumes.c.deleted_at.is_(None))
        if (await self._connection.execute(live)).first():
            raise TypeInUse(f"Target volume type is still in use: {kind.id}")
        await self._connection.execute(
            sa.delete(volumes).where(volumes.c.volume_type_id == kind.id)
        )
        await self._connection.execute(sa.delete(volume_types).where(volume_types.c.id == kind.id))

    async def give_access(self, type_id: UUID, project_id: str) -> bool:
        """Let a project use a type; False when it may already."""
        given = await self._connection.execute(
            insert(volume_type_access)
            .values(volume_type_id=type_id, project_id=project_id)
            .on_conflict_do_nothing()
        )
        return given.rowcount == 1

    async def take_access(self, type_id: UUID, project_id: str) -> bool:
        """Let a project no longer use a type; False when it could not anyway."""
        taken = await self._connection.execute(
            sa.delete(volume_type_access).where(
                volume_type_access.c.volume_type_id == type_id,
                volume_type_access.c.project_id == project_id,
            )
        )
        return taken.rowcount == 1
