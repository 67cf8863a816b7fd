"""Transfers, inside one transaction, and lists of them outside any."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.transfer import Transfer, not_found
from services.volume.store.tables import transfers
from shared.db.reads import Reads
from shared.ids import ProjectId, VolumeId

OPEN: Final = (
    "SELECT id, volume_id, project_id, name, key_digest, no_snapshots, created_at "
    "FROM transfers WHERE ended_at IS NULL AND ($1::text IS NULL OR project_id = $1)"
)


def transfer_of(row: Mapping[Any, Any]) -> Transfer:
    """Return the transfer a row holds."""
    return Transfer(
        id=row["id"],
        volume_id=VolumeId(row["volume_id"]),
        project_id=ProjectId(row["project_id"]),
        name=row["name"],
        key_digest=row["key_digest"],
        no_snapshots=row["no_snapshots"],
        created_at=row["created_at"],
    )


class TransferStore:
    """Reads and writes transfers. Who changes one holds the row of its volume."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, transfer_id: UUID, project_id: str | None) -> Transfer:
        """Return an open transfer.

        Args:
            transfer_id: which.
            project_id: who must have offered it; None: anybody.

        Raises:
            TransferNotFound: absent, ended or somebody else's.
        """
        query = sa.select(transfers).where(
            transfers.c.id == transfer_id, transfers.c.ended_at.is_(None)
        )
        if project_id is not None:
            query = query.where(transfers.c.project_id == project_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(transfer_id)
        return transfer_of(row)

    async def add(self, transfer: Transfer) -> None:
        """Write a new transfer."""
        await self._connection.execute(sa.insert(transfers).values(asdict(transfer)))

    async def end(self, transfer: Transfer, *, taken_by: str | None = None) -> None:
        """Have a transfer no longer.

        Raises:
            TransferNotFound: it ended meanwhile.
        """
        ended = await self._connection.execute(
            sa.update(transfers)
            .where(transfers.c.id == transfer.id, transfers.c.ended_at.is_(None))
            .values(ended_at=sa.func.now(), taken_by=taken_by)
        )
        if ended.rowcount != 1:
            raise not_found(transfer.id)

    async def end_of_volume(self, volume_id: UUID) -> None:
        """Offer a volume no more: it is gone."""
        await self._connection.execute(
            sa.update(transfers)
            .where(transfers.c.volume_id == volume_id, transfers.c.ended_at.is_(None))
            .values(ended_at=sa.func.now())
        )


async def list_transfers(reads: Reads, project_id: str | None) -> list[Transfer]:
    """Return the open transfers of a project, the newest first; None: every project's."""
    rows = await reads.rows(f"{OPEN} ORDER BY created_at DESC, id DESC", project_id)
    return [transfer_of(row) for row in rows]


async def show_transfer(reads: Reads, transfer_id: UUID, project_id: str | None) -> Transfer:
    """Return one open transfer.

    Raises:
        TransferNotFound: absent, ended or somebody else's.
    """
    row = await reads.row(f"{OPEN} AND id = $2", project_id, transfer_id)
    if row is None:
        raise not_found(transfer_id)
    return transfer_of(row)
