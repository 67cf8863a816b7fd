"""Lists of attachments: one statement each, outside any transaction."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from services.volume.domain.attachment import Attachment, not_found
from services.volume.store.attachments import attachment_of
from services.volume.store.tables import attachments
from shared.db.reads import Reads

COLUMNS: Final = ", ".join(column.name for column in attachments.c)
VISIBLE: Final = "detached_at IS NULL AND ($1::text IS NULL OR project_id = $1)"


def _attachment(row: Mapping[str, Any]) -> Attachment:
    values = dict(row)
    for column in ("connector", "connection"):
        values[column] = orjson.loads(values[column])
    return attachment_of(values)


async def list_attachments(reads: Reads, project_id: str | None) -> list[Attachment]:
    """Return the attachments of a project, the newest first; None: of every project."""
    rows = await reads.rows(
        f"SELECT {COLUMNS} FROM attachments WHERE {VISIBLE} ORDER BY created_at DESC, id DESC",
        project_id,
    )
    return [_attachment(row) for row in rows]


async def show_attachment(reads: Reads, attachment_id: UUID, project_id: str | None) -> Attachment:
    """Return one attachment.

    Raises:
        AttachmentNotFound: absent, ended or somebody else's.
    """
    row = await reads.row(
        f"SELECT {COLUMNS} FROM attachments WHERE {VISIBLE} AND id = $2", project_id, attachment_id
    )
    if row is None:
        raise not_found(attachment_id)
    return _attachment(row)
