"""Keypairs: writes in a transaction, reads in the fast lane."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.keypair import Keypair, KeyType
from services.compute.store.tables import keypairs
from shared.db.reads import Reads
from shared.errors import BadInput

SELECT: Final = "SELECT id, user_id, name, type, public_key, fingerprint, created_at FROM keypairs"


class KeypairStore:
    """Keypairs, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, keypair: Keypair) -> Keypair | None:
        """Insert a keypair; return it with its id, or None when its name is taken."""
        values = asdict(keypair)
        del values["id"]
        ident = await self._connection.scalar(
            insert(keypairs).values(values).on_conflict_do_nothing().returning(keypairs.c.id)
        )
        return None if ident is None else replace(keypair, id=ident)

    async def count(self, user_id: str) -> int:
        """Return how many keypairs the user has."""
        found = await self._connection.scalar(
            sa.select(sa.func.count()).where(keypairs.c.user_id == user_id)
        )
        return int(found or 0)

    async def delete(self, user_id: str, name: str) -> bool:
        """Delete a keypair; return whether there was one."""
        result = await self._connection.execute(
            sa.delete(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name)
        )
        return result.rowcount == 1


async def find(reads: Reads, user_id: str, name: str) -> Keypair | None:
    """Return a user's keypair."""
    row = await reads.row(f"{SELECT} WHERE user_id = $1 AND name = $2", user_id, name)
    return None if row is None else _keypair(row)


async def page(
    reads: Reads, user_id: str, *, limit: int | None = None, marker: str | None = None
) -> Sequence[Keypair]:
    """Return a page of a user's keypairs, by name; without a limit all of them.

    Raises:
        BadInput: the user has no keypair of the marker's name.
    """
    rows = await reads.rows(
        f"{SELECT} WHERE user_id = $1 AND ($2::text IS NULL OR name > $2)"
        " ORDER BY name LIMIT $3::bigint",
        user_id,
        marker,
        limit,
    )
    if not rows and marker is not None and await find(reads, user_id, marker) is None:
        raise BadInput(f"Marker {marker} could not be found.")
    return [_keypair(row) for row in rows]


def _keypair(row: Any) -> Keypair:
    values = dict(row)
    return Keypair(**(values | {"type": KeyType(values["type"])}))
