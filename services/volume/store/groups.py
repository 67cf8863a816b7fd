"""Groups of volumes and snapshots of them, inside one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.group import (
    Group,
    GroupSnapshot,
    GroupStatus,
    not_found,
    snapshot_not_found,
)
from services.volume.store.tables import group_snapshots, groups, snapshots, volumes
from shared.errors import StaleWrite
from shared.ids import ProjectId, UserId

AS_THEY_ARE: Final = ("id", "name", "description", "created_at", "updated_at", "version")
OF_GROUPS: Final = ("availability_zone", "group_type_id", "group_snapshot_id", "source_group_id")
OF_SNAPSHOTS: Final = ("group_id", "group_type_id")


def _whole(row: Mapping[Any, Any], *more: str) -> dict[str, Any]:
    return {
        "project_id": ProjectId(row["project_id"]),
        "user_id": UserId(row["user_id"]),
        "status": GroupStatus(row["status"]),
        **{name: row[name] for name in (*AS_THEY_ARE, *more)},
    }


def group_of(row: Mapping[Any, Any]) -> Group:
    """Return the group a row holds."""
    types = tuple(UUID(each) for each in row["volume_types"])
    return Group(volume_types=types, **_whole(row, *OF_GROUPS))


def group_snapshot_of(row: Mapping[Any, Any]) -> GroupSnapshot:
    """Return the snapshot of a group a row holds."""
    return GroupSnapshot(**_whole(row, *OF_SNAPSHOTS))


def _values_of(whole: Group | GroupSnapshot) -> dict[str, Any]:
    values = asdict(whole)
    if isinstance(whole, Group):
        values["volume_types"] = [str(each) for each in whole.volume_types]
    if whole.status is GroupStatus.DELETED:
        values["deleted_at"] = sa.func.now()
    return values


class GroupStore:
    """Reads and writes groups and their snapshots; they are locked before their members."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, group_id: UUID, project_id: str | None, *, hold: bool = False) -> Group:
        """Return a live group, and keep other writers off it until the transaction ends.

        Args:
            group_id: which.
            project_id: whose it must be; None for administrators.
            hold: others may hold it as well; only nobody changes it.

        Raises:
            GroupNotFound: absent, deleted or somebody else's.
        """
        row = await self._row(groups, group_id, project_id, hold=hold)
        if row is None:
            raise not_found(group_id)
        return group_of(row)

    async def find(self, group_id: UUID) -> Group | None:
        """Return a live group as ``get`` does, or None."""
        row = await self._row(groups, group_id, None)
        return None if row is None else group_of(row)

    async def get_snapshot(self, snapshot_id: UUID, project_id: str | None) -> GroupSnapshot:
        """Return a live snapshot of a group, kept from other writers.

        Raises:
            GroupSnapshotNotFound: absent, deleted or somebody else's.
        """
        row = await self._row(group_snapshots, snapshot_id, project_id)
        if row is None:
            raise snapshot_not_found(snapshot_id)
        return group_snapshot_of(row)

    async def find_snapshot(self, snapshot_id: UUID) -> GroupSnapshot | None:
        """Return a live snapshot of a group as ``get_snapshot`` does, or None."""
        row = await self._row(group_snapshots, snapshot_id, None)
        return None if row is None else group_snapshot_of(row)

    async def _row(
        self, table: sa.Table, ident: UUID, project_id: str | None, *, hold: bool = False
    ) -> Mapping[Any, Any] | None:
        query = sa.select(table).where(table.c.id == ident, table.c.deleted_at.is_(None))
        if project_id is not None:
            query = query.where(table.c.project_id == project_id)
        locked = query.with_for_update(read=hold)
        return (await self._connection.execute(locked)).mappings().one_or_none()

    async def add(self, whole: Group | GroupSnapshot) -> None:
        """Write a new group, or a new snapshot of one."""
        await self._connection.execute(sa.insert(_table(whole)).values(_values_of(whole)))

    async def save(self, whole: Group | GroupSnapshot) -> None:
        """Write it over the version it was read at.

        Raises:
            StaleWrite: another writer got there first.
        """
        table, saved = _table(whole), replace(whole, version=whole.version + 1)
        result = await self._connection.execute(
            sa.update(table)
            .where(table.c.id == whole.id, table.c.version == whole.version)
            .values(_values_of(saved))
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Group {whole.id} was changed by another request.")

    async def count(self, project_id: str) -> int:
        """Return how many groups a project has."""
        query = sa.select(sa.func.count()).where(
            groups.c.project_id == project_id, groups.c.deleted_at.is_(None)
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def has_snapshots(self, group_id: UUID) -> bool:
        """Whether there are snapshots of a group."""
        query = sa.select(group_snapshots.c.id).where(
            group_snapshots.c.group_id == group_id, group_snapshots.c.deleted_at.is_(None)
        )
        return (await self._connection.execute(query.limit(1))).first() is not None

    async def statuses(self, whole: Group | GroupSnapshot) -> list[str]:
        """Return the statuses of the members that are there."""
        if isinstance(whole, Group):
            table, own = volumes, volumes.c.group_id
        else:
            table, own = snapshots, snapshots.c.group_snapshot_id
        query = sa.select(table.c.status).where(own == whole.id, table.c.deleted_at.is_(None))
        return list((await self._connection.execute(query)).scalars())

    async def of_volume(self, volume_id: UUID) -> Group | None:
        """Return the group a volume is of, even one that is gone."""
        query = sa.select(volumes.c.group_id).where(volumes.c.id == volume_id)
        group_id = (await self._connection.execute(query)).scalar_one_or_none()
        return None if group_id is None else await self.find(group_id)

    async def of_snapshot(self, snapshot_id: UUID) -> GroupSnapshot | None:
        """Return the snapshot of a group that a snapshot is of, even one that is gone."""
        query = sa.select(snapshots.c.group_snapshot_id).where(snapshots.c.id == snapshot_id)
        ident = (await self._connection.execute(query)).scalar_one_or_none()
        return None if ident is None else await self.find_snapshot(ident)


def _table(whole: Group | GroupSnapshot) -> sa.Table:
    return groups if isinstance(whole, Group) else group_snapshots
