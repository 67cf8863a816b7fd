"""User messages: written in transactions, listed outside any."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.message import Message, not_found
from services.volume.store.tables import messages
from shared.db.reads import Reads

COLUMNS = ", ".join(column.name for column in messages.c)
VISIBLE = "expires_at > now() AND ($1::text IS NULL OR project_id = $1)"


class MessageStore:
    """Writes messages."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, message: Message) -> None:
        """Write a new message."""
        await self._connection.execute(sa.insert(messages).values(asdict(message)))

    async def remove(self, message_id: UUID, project_id: str | None) -> None:
        """Have no such message.

        Raises:
            MessageNotFound: absent, or somebody else's.
        """
        query = sa.delete(messages).where(messages.c.id == message_id)
        if project_id is not None:
            query = query.where(messages.c.project_id == project_id)
        if (await self._connection.execute(query)).rowcount != 1:
            raise not_found(message_id)

    async def forget(self) -> int:
        """Drop the messages whose time has come; return how many went."""
        gone = await self._connection.execute(
            sa.delete(messages).where(messages.c.expires_at < sa.func.now())
        )
        return gone.rowcount


def _message(row: Any) -> Message:
    return Message(**dict(row))


async def list_messages(reads: Reads, project_id: str | None) -> list[Message]:
    """Return the messages of a project, the newest first; None: of every project."""
    rows = await reads.rows(
        f"SELECT {COLUMNS} FROM messages WHERE {VISIBLE} ORDER BY created_at DESC, id DESC",
        project_id,
    )
    return [_message(row) for row in rows]


async def show_message(reads: Reads, message_id: UUID, project_id: str | None) -> Message:
    """Return one message.

    Raises:
        MessageNotFound: absent, or somebody else's.
    """
    row = await reads.row(
        f"SELECT {COLUMNS} FROM messages WHERE {VISIBLE} AND id = $2", project_id, message_id
    )
    if row is None:
        raise not_found(message_id)
    return _message(row)
