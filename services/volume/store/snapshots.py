"""Snapshots, inside one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.snapshot import Snapshot, SnapshotStatus, not_found
from services.volume.store.tables import snapshots
from shared.errors import StaleWrite
from shared.ids import ProjectId, UserId, VolumeId

AS_THEY_ARE = (
    "id", "volume_type_id", "name", "description", "size", "progress", "metadata", "cluster",
    "group_snapshot_id", "created_at", "updated_at", "version",
)  # fmt: skip
_LIVE = snapshots.c.deleted_at.is_(None)


def snapshot_of(row: Mapping[Any, Any]) -> Snapshot:
    """Return the snapshot a row holds."""
    return Snapshot(
        project_id=ProjectId(row["project_id"]),
        user_id=UserId(row["user_id"]),
        volume_id=VolumeId(row["volume_id"]),
        status=SnapshotStatus(row["status"]),
        **{name: row[name] for name in AS_THEY_ARE},
    )


class SnapshotStore:
    """Reads and writes snapshots."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, snapshot_id: UUID, project_id: str | None) -> Snapshot:
        """Return a live snapshot, and keep other writers off it until the transaction ends.

        Args:
            snapshot_id: which.
            project_id: whose it must be; None for administrators.

        Raises:
            SnapshotNotFound: absent, deleted or somebody else's.
        """
        snapshot = await self.find(snapshot_id, project_id)
        if snapshot is None:
            raise not_found(snapshot_id)
        return snapshot

    async def find(self, snapshot_id: UUID, project_id: str | None = None) -> Snapshot | None:
        """Return a live snapshot as ``get`` does, or None."""
        query = sa.select(snapshots).where(snapshots.c.id == snapshot_id, _LIVE)
        if project_id is not None:
            query = query.where(snapshots.c.project_id == project_id)
        row = (await self._connection.execute(query.with_for_update())).mappings().one_or_none()
        return None if row is None else snapshot_of(row)

    async def of_volume(self, volume_id: UUID) -> list[Snapshot]:
        """Return the live snapshots of a volume, the oldest first."""
        return await self._where(snapshots.c.volume_id == volume_id)

    async def are_of(self, volume_id: UUID) -> bool:
        """Whether a volume has live snapshots, or some are being taken of it."""
        found = sa.select(sa.exists().where(snapshots.c.volume_id == volume_id, _LIVE))
        return bool(await self._connection.scalar(found))

    async def of_group_snapshot(self, group_snapshot_id: UUID) -> list[Snapshot]:
        """Return the live snapshots that are of a snapshot of a group, the oldest first."""
        return await self._where(snapshots.c.group_snapshot_id == group_snapshot_id)

    async def _where(self, which: sa.ColumnElement[bool]) -> list[Snapshot]:
        query = (
            sa.select(snapshots)
            .where(which, _LIVE)
            .order_by(snapshots.c.created_at, snapshots.c.id)
        )
        rows = await self._connection.execute(query.with_for_update())
        return [snapshot_of(row) for row in rows.mappings()]

    async def add(self, snapshot: Snapshot) -> None:
        """Write a new snapshot."""
        await self._connection.execute(sa.insert(snapshots).values(asdict(snapshot)))

    async def save(self, snapshot: Snapshot) -> Snapshot:
        """Write the snapshot over the version it was read at.

        Raises:
            StaleWrite: another writer got there first.
        """
        saved = replace(snapshot, version=snapshot.version + 1)
        values = asdict(saved)
        if saved.status is SnapshotStatus.DELETED:
            values["deleted_at"] = sa.func.now()
        result = await self._connection.execute(
            sa.update(snapshots)
            .where(snapshots.c.id == snapshot.id, snapshots.c.version == snapshot.version)
            .values(values)
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Snapshot {snapshot.id} was changed by another request.")
        return saved

    async def give(self, volume_id: UUID, project_id: str, user_id: str) -> None:
        """Give the snapshots of a volume to another project, with the volume."""
        await self._connection.execute(
            sa.update(snapshots)
            .where(snapshots.c.volume_id == volume_id, _LIVE)
            .values(project_id=project_id, user_id=user_id, version=snapshots.c.version + 1)
        )
