"""Attachments, inside one transaction. Who changes one holds the row of its volume."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.attachment import Attachment, AttachStatus, not_found
from services.volume.store.tables import attachments
from shared.ids import VolumeId

_LIVE = attachments.c.detached_at.is_(None)


def attachment_of(row: Mapping[Any, Any]) -> Attachment:
    """Return the attachment a row holds."""
    given = dict(row)
    given["volume_id"] = VolumeId(given["volume_id"])
    given["status"] = AttachStatus(given["status"])
    return Attachment(**given)


class AttachmentStore:
    """Reads and writes attachments."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(
        self, attachment_id: UUID, project_id: str | None, *, even_ended: bool = False
    ) -> Attachment:
        """Return an attachment.

        Args:
            attachment_id: which.
            project_id: whose it must be; None: anybody's.
            even_ended: whether one that has ended will do.

        Raises:
            AttachmentNotFound: absent, ended or somebody else's.
        """
        query = sa.select(attachments).where(attachments.c.id == attachment_id)
        if not even_ended:
            query = query.where(_LIVE)
        if project_id is not None:
            query = query.where(attachments.c.project_id == project_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(attachment_id)
        return attachment_of(row)

    async def of_volume(self, volume_id: UUID) -> list[Attachment]:
        """Return the attachments of a volume, the oldest first."""
        query = (
            sa.select(attachments)
            .where(attachments.c.volume_id == volume_id, _LIVE)
            .order_by(attachments.c.created_at, attachments.c.id)
        )
        rows = await self._connection.execute(query)
        return [attachment_of(row) for row in rows.mappings()]

    async def of_instances(self, names: Collection[str]) -> list[Attachment]:
        """Return the attachments that are made, to these instances of Ganeti."""
        query = sa.select(attachments).where(
            attachments.c.instance.in_(list(names)),
            attachments.c.status == AttachStatus.ATTACHED.value,
            _LIVE,
        )
        rows = await self._connection.execute(query)
        return [attachment_of(row) for row in rows.mappings()]

    async def add(self, attachment: Attachment) -> None:
        """Write a new attachment."""
        await self._connection.execute(sa.insert(attachments).values(asdict(attachment)))

    async def save(self, attachment: Attachment) -> None:
        """Write an attachment over what is there."""
        await self._connection.execute(
            sa.update(attachments)
            .where(attachments.c.id == attachment.id)
            .values(asdict(attachment))
        )

    async def saw(self, ids: Collection[UUID], sequence: int) -> None:
        """Note that an observation showed the disks of these attachments."""
        await self._connection.execute(
            sa.update(attachments)
            .where(
                attachments.c.id.in_(list(ids)),
                sa.func.coalesce(attachments.c.seen_sequence, -1) < sequence,
            )
            .values(seen_sequence=sequence)
        )
