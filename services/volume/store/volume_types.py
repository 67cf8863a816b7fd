"""Volume types, inside one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.volume_type import TypeExists, TypeInUse, VolumeType, not_found
from services.volume.store.tables import (
    default_types,
    groups,
    volume_type_access,
    volume_types,
    volumes,
)

_LIVE = volume_types.c.deleted_at.is_(None)
_projects = (
    sa.select(sa.func.array_agg(volume_type_access.c.project_id))
    .where(volume_type_access.c.volume_type_id == volume_types.c.id)
    .scalar_subquery()
    .label("projects")
)


def type_of(row: Mapping[Any, Any]) -> VolumeType:
    """Return the type a row holds, with the projects that may use it."""
    return VolumeType(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        is_public=row["is_public"],
        extra_specs=row["extra_specs"],
        projects=frozenset(row["projects"] or ()),
        qos_specs_id=row["qos_specs_id"],
    )


def _values_of(kind: VolumeType) -> dict[str, Any]:
    return {
        "id": kind.id,
        "name": kind.name,
        "description": kind.description,
        "is_public": kind.is_public,
        "extra_specs": dict(kind.extra_specs),
        "qos_specs_id": kind.qos_specs_id,
    }


class TypeStore:
    """Reads and writes types."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name_or_id: str) -> VolumeType | None:
        """Return the type of this id or name, if there is one; the id comes first.

        Until the transaction ends nobody changes or deletes it: a volume is about to be of it.
        """
        query = (
            sa.select(volume_types, _projects)
            .where(
                _LIVE,
                sa.or_(
                    sa.cast(volume_types.c.id, sa.Text) == name_or_id,
                    volume_types.c.name == name_or_id,
                ),
            )
            .with_for_update(read=True, of=volume_types)
        )
        rows = (await self._connection.execute(query)).mappings().all()
        by_id = [row for row in rows if str(row["id"]) == name_or_id]
        return type_of((by_id or rows)[0]) if rows else None

    async def usual(self, project_id: str, name: str) -> VolumeType | None:
        """Return the type that a project's volumes get when they name none.

        Args:
            project_id: which may have a default type of its own.
            name: of the type that others have.
        """
        own = sa.select(default_types.c.volume_type_id).where(
            default_types.c.project_id == project_id
        )
        query = (
            sa.select(volume_types, _projects)
            .where(
                _LIVE,
                sa.or_(
                    volume_types.c.id == own.scalar_subquery(),
                    volume_types.c.name == name,
                    sa.cast(volume_types.c.id, sa.Text) == name,
                ),
            )
            .with_for_update(read=True, of=volume_types)
            .order_by(sa.func.coalesce(volume_types.c.id == own.scalar_subquery(), False).desc())
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else type_of(row)

    async def get_shared(self, type_id: UUID) -> VolumeType:
        """Return a type that volumes are of, even one that is deleted."""
        query = sa.select(volume_types, _projects).where(volume_types.c.id == type_id)
        return type_of((await self._connection.execute(query)).mappings().one())

    async def default_of(self, project_id: str, type_id: UUID | None) -> None:
        """Have a project's volumes be of a type when they name none; None: of the usual one."""
        await self._connection.execute(
            sa.delete(default_types).where(default_types.c.project_id == project_id)
        )
        if type_id is not None:
            await self._connection.execute(
                insert(default_types).values(project_id=project_id, volume_type_id=type_id)
            )

    async def get(self, type_id: UUID) -> VolumeType:
        """Return a type, and keep other writers off it until the transaction ends.

        Raises:
            TypeNotFound: there is none.
        """
        query = (
            sa.select(volume_types, _projects)
            .where(_LIVE, volume_types.c.id == type_id)
            .with_for_update(of=volume_types)
        )
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(type_id)
        return type_of(row)

    async def begin_with(self, kinds: Iterable[VolumeType]) -> None:
        """Write the types of a new installation; what was changed or deleted since stays so."""
        any_type = sa.select(volume_types.c.id).limit(1)
        if not (await self._connection.execute(any_type)).first():
            await self._connection.execute(
                insert(volume_types)
                .values([_values_of(kind) for kind in kinds])
                .on_conflict_do_nothing()  # another process of ours began at the same moment
            )

    async def add(self, kind: VolumeType) -> None:
        """Write a new type.

        Raises:
            TypeExists: the name is taken.
        """
        added = await self._connection.execute(
            insert(volume_types).values(_values_of(kind)).on_conflict_do_nothing()
        )
        if added.rowcount != 1:
            raise TypeExists(f"Volume Type {kind.name} already exists.")

    async def save(self, kind: VolumeType) -> None:
        """Write the type over what is there; volumes show its new name.

        Raises:
            TypeExists: the new name is taken.
        """
        try:
            await self._connection.execute(
                sa.update(volume_types).where(volume_types.c.id == kind.id).values(_values_of(kind))
            )
        except IntegrityError as taken:
            raise TypeExists(f"Volume Type {kind.name} already exists.") from taken

    async def remove(self, kind: VolumeType) -> None:
        """Have no such type; its row stays for the deleted volumes that were of it.

        Raises:
            TypeInUse: there are volumes of it, or groups for it.
        """
        live = sa.select(volumes.c.id).where(
            volumes.c.volume_type_id == kind.id, volumes.c.deleted_at.is_(None)
        )
        if (await self._connection.execute(live.limit(1))).first():
            raise TypeInUse(f"Target volume type is still in use: {kind.id}")
        grouped = sa.select(groups.c.id).where(
            groups.c.volume_types.contains([str(kind.id)]), groups.c.deleted_at.is_(None)
        )
        if (await self._connection.execute(grouped.limit(1))).first():
            raise TypeInUse(f"Target volume type is still in use: {kind.id}")
        usual = sa.select(default_types.c.project_id).where(
            default_types.c.volume_type_id == kind.id
        )
        if (await self._connection.execute(usual.limit(1))).first():
            raise TypeInUse(f"Volume type {kind.id} is the default of a project.")
        await self._connection.execute(
            sa.update(volume_types)
            .where(volume_types.c.id == kind.id)
            .values(deleted_at=sa.func.now())
        )

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
