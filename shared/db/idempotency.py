"""Answers to repeated requests: the table, the claim on a key, and the stored answer.

A claim is a lease: a process that dies while it works does not block its key for ever. Every
claim has a token of its own, so that whoever lost the lease cannot store an answer any more.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.database import database
from shared.db.lean import Connection
from shared.db.prepared import Prepared
from shared.errors import StaleWrite
from shared.ids import new_uuid

LEASE: Final = timedelta(seconds=60)
KEEP: Final = timedelta(hours=24)
PURGE_EVERY: Final = 600.0  # seconds


class Sealer(Protocol):
    """Keeps answers unreadable at rest; ``shared.secrets_box.SecretBox`` is one."""

    def seal(self, secret: str) -> str:
        """Return the secret as only the holder of the key can read it."""

    def open(self, sealed: str) -> str:
        """Return what was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to do the work behind one key, until the lease ends."""

    key: bytes  # sha256 of the scope and the client's key
    token: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it is stored and sent again."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The work was done; this was the answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Running:
    """Somebody is at it."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key was used with another body."""


Outcome = Claim | Done | Running | Mismatch


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of claims and answers to a service's schema."""
    return sa.Table(
        "idempotency",
        metadata,
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("claim", sa.Uuid, nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_answer", sa.Text),  # null while the work is under way
        sa.Index("idempotency_expiry", "expires_at"),
    )


@lru_cache(maxsize=100)
def _keeping(table: sa.Table) -> Prepared:
    ours = (table.c.key == sa.bindparam("whose"), table.c.claim == sa.bindparam("token"))
    sealed = sa.bindparam("sealed", type_=sa.Text)
    return Prepared(sa.update(table).where(*ours).values(sealed_answer=sealed))


@lru_cache(maxsize=100)
def _taking(table: sa.Table, lease: timedelta, keep_for: timedelta) -> Prepared:
    """Return the statement that takes a key which nobody has, or nobody has any more."""
    now: sa.ColumnElement[Any] = sa.func.now()  # the database's: replicas' clocks differ
    body_hash = sa.bindparam("hash", type_=sa.LargeBinary)
    fresh: dict[str, Any] = {
        "body_hash": body_hash,
        "claim": sa.bindparam("token", type_=sa.Uuid),
        "leased_until": now + lease,
        "expires_at": now + keep_for,
        "sealed_answer": sa.null(),
    }
    abandoned = sa.and_(
        table.c.sealed_answer.is_(None),
        table.c.leased_until < now,
        table.c.body_hash == body_hash,
    )
    return Prepared(
        insert(table)
        .values(key=sa.bindparam("whose", type_=sa.LargeBinary), **fresh)
        .on_conflict_do_update(
            index_elements=[table.c.key],
            set_=fresh,
            where=sa.or_(table.c.expires_at < now, abandoned),
        )
    )


class Answers:
    """Claims and answers inside one transaction; a use case binds it to its own."""

    def __init__(self, connection: Connection, table: sa.Table, sealer: Sealer) -> None:
        self._connection = connection
        self._table = table
        self._sealer = sealer

    async def keep(self, claim: Claim, answer: Answer) -> None:
        """Store the answer to the claimed request.

        Raises:
            StaleWrite: the claim was lost to somebody else, who will answer; undo what was done.
        """
        kept = await _keeping(self._table).count(
            self._connection,
            whose=claim.key,
            token=claim.token,
            sealed=self._sealer.seal(_packed(answer)),
        )
        if kept != 1:
            raise StaleWrite("The request was taken over by a repetition of it.")

    async def find(self, claim: Claim) -> Answer | None:
        """Return the answer stored under the claim, if there is one."""
        table = self._table
        sealed = await self._connection.scalar(
            sa.select(table.c.sealed_answer).where(
                table.c.key == claim.key, table.c.claim == claim.token
            )
        )
        return _unpacked(self._sealer.open(sealed)) if sealed is not None else None

    async def forget(self, claim: Claim) -> None:
        """Give the key back, unless an answer is stored: the next request may try again."""
        table = self._table
        await self._connection.execute(
            sa.delete(table).where(
                table.c.key == claim.key,
                table.c.claim == claim.token,
                table.c.sealed_answer.is_(None),
            )
        )


class IdempotencyRows:
    """The claims and answers of one service, each call a transaction of its own."""

    def __init__(
        self,
        engine: AsyncEngine,
        table: sa.Table,
        sealer: Sealer,
        *,
        lease: timedelta = LEASE,
        keep_for: timedelta = KEEP,
    ) -> None:
        self._database = database(engine)
        self._table = table
        self._sealer = sealer
        self._lease = lease
        self._keep_for = keep_for

    async def claim(self, key: bytes, body_hash: bytes) -> Outcome:
        """Claim the key for a request with this body, or say what became of the first one."""
        while True:
            async with self._database.by_itself() as connection:
                claim = Claim(key=key, token=new_uuid())
                if await self._take(connection, claim, body_hash):
                    return claim
                outcome = await self._look(connection, key, body_hash)
            if outcome is not None:
                return outcome
            # It was given back between the two statements: try again.

    async def keep(self, claim: Claim, answer: Answer) -> None:
        """Store the answer, unless the handler's transaction did, or the claim was lost."""
        async with self._database.by_itself() as connection:
            table = self._table
            await connection.execute(
                sa.update(table)
                .where(
                    table.c.key == claim.key,
                    table.c.claim == claim.token,
                    table.c.sealed_answer.is_(None),
                )
                .values(sealed_answer=self._sealer.seal(_packed(answer)))
            )

    async def forget(self, claim: Claim) -> None:
        """Give the key back, unless an answer is stored: the next request may try again."""
        async with self._database.by_itself() as connection:
            await Answers(connection, self._table, self._sealer).forget(claim)

    async def purge(self) -> int:
        """Delete what is older than it is kept for; return how many rows went."""
        async with self._database.transaction() as connection:
            result = await connection.execute(
                sa.delete(self._table).where(self._table.c.expires_at < sa.func.now())
            )
            return result.rowcount

    async def purge_forever(self) -> None:
        """Purge now and then, until cancelled: one of the service's background loops."""
        while True:
            await self.purge()
            await asyncio.sleep(PURGE_EVERY)

    async def _take(self, connection: Connection, claim: Claim, body_hash: bytes) -> bool:
        taken = await _taking(self._table, self._lease, self._keep_for).count(
            connection, whose=claim.key, token=claim.token, hash=body_hash
        )
        return taken == 1

    async def _look(
        self, connection: Connection, key: bytes, body_hash: bytes
    ) -> Done | Running | Mismatch | None:
        table = self._table
        row = (
            await connection.execute(
                sa.select(table.c.body_hash, table.c.sealed_answer).where(table.c.key == key)
            )
        ).one_or_none()
        if row is None:
            return None
        if row.body_hash != body_hash:
            return Mismatch()
        if row.sealed_answer is None:
            return Running()
        return Done(_unpacked(self._sealer.open(row.sealed_answer)))


def _packed(answer: Answer) -> str:
    # Latin-1 takes any bytes, and leaves the ASCII that nearly all of JSON is as it stands.
    body = answer.body.decode("latin-1")
    fields = {"status": answer.status, "headers": dict(answer.headers), "body": body}
    return orjson.dumps(fields).decode()


def _unpacked(packed: str) -> Answer:
    fields = orjson.loads(packed)
    body = fields["body"].encode("latin-1")
    return Answer(status=fields["status"], headers=fields["headers"], body=body)
