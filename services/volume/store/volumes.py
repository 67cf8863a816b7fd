"""Volumes, inside one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.lifecycle import Status
from services.volume.domain.quotas import Count, Usage
from services.volume.domain.volume import Volume, not_found
from services.volume.store.rendering import SHAPE, rendered
from services.volume.store.tables import snapshots, volume_types, volumes
from shared.db.lean import lean
from shared.db.lock_key import lock_key
from shared.errors import StaleWrite
from shared.ids import ProjectId, UserId, VolumeId

AS_THEY_ARE = (
    "name", "description", "size", "growing_to", "availability_zone", "volume_type_id",
    "volume_type", "metadata", "image_metadata", "bootable", "multiattach", "readonly",
    "snapshot_id", "source_id", "group_id", "cluster", "driver", "disk_template", "disk_uuid",
    "has_content", "created_at", "updated_at", "version",
)  # fmt: skip
# The type's name is its type's, which may be renamed.
COLUMNS: Final = tuple(each.name for each in fields(Volume) if each.name != "volume_type")
_LIVE = volumes.c.deleted_at.is_(None)
_SHOWN = [column for column in volumes.c if column.name not in ("view", "view_shape")]
WHOLE = sa.select(*_SHOWN, volume_types.c.name.label("volume_type")).join(
    volume_types, volume_types.c.id == volumes.c.volume_type_id
)


def volume_of(row: Mapping[Any, Any]) -> Volume:
    """Return the volume a row holds."""
    before = row["status_before"]
    return Volume(
        id=VolumeId(row["id"]),
        project_id=ProjectId(row["project_id"]),
        user_id=UserId(row["user_id"]),
        status=Status(row["status"]),
        status_before=Status(before) if before else None,
        disk_nodes=tuple(row["disk_nodes"]),
        attachments=tuple(row["attachments"]),
        **{name: row[name] for name in AS_THEY_ARE},
    )


def _values_of(volume: Volume) -> dict[str, Any]:
    values = {name: getattr(volume, name) for name in COLUMNS}
    return values | {"view": rendered(volume), "view_shape": SHAPE}


def project_lock(project_id: str) -> int:
    """Return the lock under which a project's volumes and snapshots are counted."""
    return lock_key(f"volumes:{project_id}")


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
        volume = await self.find(volume_id, project_id)
        if volume is None:
            raise not_found(volume_id)
        return volume

    async def find(self, volume_id: UUID, project_id: str | None = None) -> Volume | None:
        """Return a live volume as ``get`` does, or None."""
        query = WHOLE.where(volumes.c.id == volume_id, _LIVE).with_for_update(of=volumes)
        if project_id is not None:
            query = query.where(volumes.c.project_id == project_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else volume_of(row)

    async def with_ids(self, ids: Collection[UUID]) -> list[Volume]:
        """Return those of these volumes that are live, kept from other writers."""
        query = WHOLE.where(volumes.c.id.in_(list(ids)), _LIVE).order_by(volumes.c.id)
        rows = await self._connection.execute(query.with_for_update(of=volumes))
        return [volume_of(row) for row in rows.mappings()]

    async def clusters_of(self, ids: Collection[UUID], project_id: str) -> dict[UUID, str]:
        """Return where those of these volumes are that are a project's and somewhere."""
        if not ids:
            return {}
        rows = await self._connection.execute(
            sa.select(volumes.c.id, volumes.c.cluster).where(
                volumes.c.id.in_(list(ids)), volumes.c.project_id == project_id,
                volumes.c.cluster.is_not(None), _LIVE,
            )
        )  # fmt: skip
        return {row.id: row.cluster for row in rows}

    async def of_group(self, group_id: UUID) -> list[Volume]:
        """Return the live volumes of a group, kept from other writers."""
        query = WHOLE.where(volumes.c.group_id == group_id, _LIVE).order_by(volumes.c.id)
        rows = await self._connection.execute(query.with_for_update(of=volumes))
        return [volume_of(row) for row in rows.mappings()]

    async def add(self, volume: Volume) -> None:
        """Write a new volume, together with what else the transaction adds."""
        lean(self._connection).pending.add(volumes, [_values_of(volume)])

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

    async def render_old(self, limit: int = 500) -> int:
        """Render stored answers of older shapes again; return how many there were."""
        query = WHOLE.where(volumes.c.view_shape < SHAPE, _LIVE).limit(limit)
        rows = await self._connection.execute(query.with_for_update(of=volumes, skip_locked=True))
        old = [volume_of(row) for row in rows.mappings()]
        for volume in old:
            await self._connection.execute(
                sa.update(volumes)
                .where(volumes.c.id == volume.id)
                .values(view=rendered(volume), view_shape=SHAPE)
            )
        return len(old)

    async def being_made_from(
        self, *, snapshot_id: UUID | None = None, source_id: UUID | None = None
    ) -> bool:
        """Whether a volume is being made from a snapshot or a volume."""
        origin = (
            volumes.c.snapshot_id == snapshot_id
            if snapshot_id is not None
            else volumes.c.source_id == source_id
        )
        making = volumes.c.status.in_([Status.CREATING.value, Status.DOWNLOADING.value])
        query = sa.select(volumes.c.id).where(origin, making, _LIVE).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def lock(self, project_id: str) -> None:
        """Let one transaction at a time count and add to what a project has."""
        await lean(self._connection).begin(project_lock(project_id))

    async def usage(self, project_id: str) -> Usage:
        """Count what a project has: volumes, at the size they grow to, and snapshots."""
        size = sa.func.coalesce(volumes.c.growing_to, volumes.c.size)
        none = sa.literal(0)
        every = sa.union_all(
            sa.select(volumes.c.volume_type_id, sa.literal(1).label("v"), none.label("s"), size)
            .where(volumes.c.project_id == project_id, _LIVE),
            sa.select(snapshots.c.volume_type_id, none, sa.literal(1), snapshots.c.size)
            .where(snapshots.c.project_id == project_id, snapshots.c.deleted_at.is_(None)),
        ).subquery("every")  # fmt: skip
        kind, of_volumes, of_snapshots, gigabytes = every.c
        rows = await self._connection.execute(
            sa.select(
                volume_types.c.name,
                sa.func.sum(of_volumes),
                sa.func.sum(of_snapshots),
                sa.func.sum(gigabytes),
            )
            .select_from(every.join(volume_types, volume_types.c.id == kind))
            .group_by(volume_types.c.name)
        )
        return Usage(
            by_type={
                name: Count(volumes=int(v), snapshots=int(s), gigabytes=int(g))
                for name, v, s, g in rows
            }
        )
