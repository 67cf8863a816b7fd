"""Volumes, inside one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.quotas import Usage
from services.volume.domain.volume import Status, Volume, not_found
from services.volume.store.tables import volume_types, volumes
from shared.errors import StaleWrite
from shared.ids import ProjectId, UserId, VolumeId


def volume_of(row: Mapping[Any, Any]) -> Volume:
    """Return the volume a row holds."""
    return Volume(
        id=VolumeId(row["id"]),
        project_id=ProjectId(row["project_id"]),
        user_id=UserId(row["user_id"]),
        name=row["name"],
        description=row["description"],
        size=row["size"],
        status=Status(row["status"]),
        availability_zone=row["availability_zone"],
        volume_type_id=row["volume_type_id"],
        volume_type=row["volume_type"],
        metadata=row["metadata"],
        image_metadata=row["image_metadata"],
        bootable=row["bootable"],
        multiattach=row["multiattach"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )


def _values_of(volume: Volume) -> dict[str, Any]:
    values = asdict(volume)
    del values["volume_type"]  # the name is its type's, which may be renamed
    return values


class VolumeStore:
    """Reads and writes volumes."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, volume_id: UUID, project_id: str | None) -> Volume:
        """Return a live volume, and keep other writers off it until the transaction ends.

        Args:
            volume_id: which.
            project_id: whose it must be; None for administrators.

        Raises:
            VolumeNotFound: absent, deleted or somebody else's.
        """
        query = (
            sa.select(volumes, volume_types.c.name.label("volume_type"))
            .join(volume_types)
            .where(volumes.c.id == volume_id, volumes.c.deleted_at.is_(None))
            .with_for_update(of=volumes)
        )
        if project_id is not None:
            query = query.where(volumes.c.project_id == project_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(volume_id)
        return volume_of(row)

    async def add(self, volume: Volume) -> None:
        """Write a new volume."""
        await self._connection.execute(sa.insert(volumes).values(_values_of(volume)))

    async def save(self, volume: Volume) -> Volume:
        """Write the volume over the version it was read at.

        Raises:
            StaleWrite: another writer got there first.
        """
        saved = replace(volume, version=volume.version + 1)
        values = _values_of(saved)
        if saved.status is Status.DELETED:
            values["deleted_at"] = sa.func.now()
        result = await self._connection.execute(
            sa.update(volumes)
            .where(volumes.c.id == volume.id, volumes.c.version == volume.version)
            .values(values)
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Volume {volume.id} was changed by another request.")
        return saved

    async def lock(self, project_id: str) -> None:
        """Let one transaction at a time count and add to what a project has."""
        key = f"volumes:{project_id}"
        await self._connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0)))
        )

    async def usage(self, project_id: str) -> Usage:
        """Count what a project has."""
        rows = await self._connection.execute(
            sa.select(
                volume_types.c.name,
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(volumes.c.size), 0),
            )
            .select_from(volumes.join(volume_types))
            .where(volumes.c.project_id == project_id, volumes.c.deleted_at.is_(None))
            .group_by(volume_types.c.name)
        )
        by_type = {name: (int(count), int(size)) for name, count, size in rows}
        return Usage(
            volumes=sum(count for count, _size in by_type.values()),
            gigabytes=sum(size for _count, size in by_type.values()),
            by_type=by_type,
        )
