"""Moves of servers: written with what they tell of, read by administrators."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.moving import OVER, Move
from services.compute.store.tables import moves

NAMES: Final = tuple(each.name for each in fields(Move))


class MoveStore:
    """Moves, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, move: Move) -> None:
        """Record a move that begins."""
        row = asdict(move)
        del row["id"]
        await self._connection.execute(sa.insert(moves).values(row))

    async def mark(self, server_id: UUID, status: str, now: datetime, **changes: Any) -> None:
        """Say how far the server's newest move is; nothing when all are over."""
        newest = (
            sa.select(moves.c.id)
            .where(moves.c.server_id == server_id)
            .order_by(moves.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        await self._connection.execute(
            sa.update(moves)
            .where(moves.c.id == newest, moves.c.status.not_in(sorted(OVER)))
            .values(status=status, updated_at=now, **changes)
        )

    async def unconfirmed_since(self, moment: datetime, limit: int = 100) -> Sequence[UUID]:
        """Return servers whose move ended before the moment and waits to be confirmed."""
        rows = await self._connection.scalars(
            sa.select(moves.c.server_id)
            .where(moves.c.status == "finished", moves.c.updated_at < moment)
            .limit(limit)
        )
        return list(rows)
