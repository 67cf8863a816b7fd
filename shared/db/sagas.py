"""Where sagas wait between steps: rows with leases that only grow."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.database import database
from shared.db.lean import Connection, flush, lean, put_off
from shared.db.saga_statements import HELD, statements_of
from shared.ids import new_uuid

AWAITS = "awaits"  # the note that names what a saga waits for, copied to its own column


def saga_table(metadata: sa.MetaData) -> sa.Table:
    """Add the saga table to one service's metadata."""
    now = sa.func.now()
    moment = sa.DateTime(timezone=True)
    return sa.Table(
        "sagas",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("notes", JSONB, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("undoing", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("resume_at", sa.Integer),  # the step to go forward from, once undone down to it
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("wake_at", moment, nullable=False, server_default=now),
        sa.Column("leased_until", moment, nullable=False, server_default=now),
        sa.Column("awaiting", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("created_at", moment, nullable=False, server_default=now),
        sa.Column("ended_at", moment),
        sa.Column("outcome", sa.Text),  # done, undone, superseded
        sa.Index("sagas_due", "wake_at", postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("sagas_awaiting", "awaiting", postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("sagas_subject", "subject"),
        sa.Index(
            "sagas_one_live",
            "subject",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("sagas_ended", "ended_at", postgresql_where=sa.text("ended_at IS NOT NULL")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A saga as its runner holds it."""

    id: UUID
    name: str
    subject: UUID
    notes: dict[str, Any]
    position: int
    undoing: bool
    resume_at: int | None
    attempt: int
    lease: int
    wake_at: datetime  # as it was when we last looked: another one means that somebody knocked
    awaiting: str | None
    request_id: str | None

    def state(self, outcome: str | None) -> dict[str, Any]:
        """Return what a step may have changed, for the statements that write it."""
        return {
            "new_position": self.position,
            "new_undoing": self.undoing,
            "new_resume_at": self.resume_at,
            "new_attempt": self.attempt,
            "new_notes": self.notes,
            "new_awaiting": self.awaiting,
            "new_outcome": outcome,
        }


class SagaStore:
    """Sagas, inside one transaction."""

    def __init__(self, connection: Connection, table: sa.Table) -> None:
        self._connection = connection
        self._sagas = table
        self._statements = statements_of(table)

    async def start(
        self,
        name: str,
        subject: UUID,
        notes: dict[str, Any],
        request_id: str | None = None,
        pause: timedelta | None = None,
    ) -> None:
        """Start a saga if, and only if, this transaction commits.

        Args:
            name: its definition's name.
            subject: what it works on; one live saga per subject.
            notes: what its steps start from; JSON, no secrets in clear.
            request_id: the request that asked for it.
            pause: until it is due, unless somebody wakes it before.

        Raises:
            sqlalchemy.exc.IntegrityError: at the commit: the subject has a live saga; the
                domain's own rules should have refused before.
        """
        values = _new(name, subject, notes, request_id)
        if pause is None:
            put_off(self._connection, self._sagas, [values])
        else:
            due = sa.func.now() + pause
            await self._connection.execute(sa.insert(self._sagas).values(wake_at=due, **values))

    async def start_unless_live(
        self, name: str, subject: UUID, notes: dict[str, Any], request_id: str | None = None
    ) -> None:
        """Start a saga, or leave alone the one that is at work on the subject already."""
        values = _new(name, subject, notes, request_id)
        if lean(self._connection).pending.holds(self._sagas):
            await flush(self._connection)
        put_off(self._connection, self._sagas, [values], unless_there=True)

    async def supersede(self, subject: UUID) -> dict[str, Any] | None:
        """End the subject's live saga where it stands; return its notes, if there was one.

        What it made stays: whoever supersedes takes it over. A step still running keeps its
        lease until it is done, and ``claim`` gives out nothing else of the subject meanwhile.
        """
        await flush(self._connection)
        sagas = self._sagas
        row = (
            await self._connection.execute(
                sa.update(sagas)
                .where(sagas.c.subject == subject, sagas.c.ended_at.is_(None))
                .values(ended_at=sa.func.now(), outcome="superseded")
                .returning(sagas.c.notes)
            )
        ).one_or_none()
        return None if row is None else dict(row.notes)

    async def supersede_all(self, subjects: Collection[UUID]) -> None:
        """End the live sagas of these subjects where they stand."""
        if not subjects:
            return
        await flush(self._connection)
        sagas = self._sagas
        await self._connection.execute(
            sa.update(sagas)
            .where(sagas.c.subject.in_(list(subjects)), sagas.c.ended_at.is_(None))
            .values(ended_at=sa.func.now(), outcome="superseded")
        )

    async def live(self, subjects: Collection[UUID]) -> set[UUID]:
        """Return those of the subjects that a saga is at work on."""
        await flush(self._connection)
        sagas = self._sagas
        rows = await self._connection.execute(
            sa.select(sagas.c.subject).where(
                sagas.c.subject.in_(list(subjects)), sagas.c.ended_at.is_(None)
            )
        )
        return {row[0] for row in rows}

    async def any_held(self, subjects: Collection[UUID]) -> bool:
        """Whether a step runs for one of these subjects, be its saga superseded or not."""
        await flush(self._connection)
        sagas = self._sagas
        held = sa.exists().where(
            sagas.c.subject.in_(list(subjects)), sagas.c.leased_until > sa.func.now()
        )
        return bool(await self._connection.scalar(sa.select(held)))

    async def wake(self, subject: UUID) -> None:
        """Make the subject's saga due now. A hint: it re-reads the world itself.

        The microsecond makes the value differ from the one any running step was claimed
        at, so ``release`` can tell that it was woken meanwhile.
        """
        await self.wake_all([subject])

    async def wake_all(self, subjects: Collection[UUID]) -> None:
        """Make the sagas of these subjects due now."""
        if subjects:
            await flush(self._connection)
            await self._statements.wake.count(self._connection, whom=list(subjects))

    async def wake_waiting(self, keys: Collection[str]) -> None:
        """Make due every saga that waits for one of the keys (see ``job_key``)."""
        if keys:
            await flush(self._connection)
            await self._statements.wake_waiting.count(self._connection, whom=list(keys))

    async def claim(self, limit: int = 1) -> list[Held]:
        """Lease the sagas most overdue; each ``lease`` number, which only grows, is proof."""
        await flush(self._connection)
        rows = await self._statements.claim.rows(self._connection, most=limit)
        return [Held(**{name: row[name] for name in HELD}) for row in rows]

    async def renew(self, held: Held) -> bool:
        """Keep the lease while a long step runs; False when the saga is no longer ours to run."""
        ours = {"key": held.id, "held": held.lease}
        return await self._statements.renew.count(self._connection, **ours) == 1

    async def advance(self, held: Held) -> Held | None:
        """Write what a step led to and keep the saga; None when it is no longer ours to run."""
        ours = {"key": held.id, "held": held.lease}
        row = await self._statements.advance.row(self._connection, **ours, **held.state(None))
        return None if row is None else replace(held, wake_at=row["wake_at"])

    async def release(self, held: Held, pause: timedelta, outcome: str | None = None) -> bool:
        """Write what the step led to and let go; False when the saga was lost or superseded.

        A saga woken while its step ran stays due: the pause applies only if nobody knocked.
        """
        ours = {"key": held.id, "held": held.lease}
        when = {"woken": held.wake_at, "pause": pause}
        state = held.state(outcome)
        if await self._statements.release.count(self._connection, **ours, **when, **state) == 1:
            return True
        await self._statements.let_go.count(self._connection, **ours)
        return False

    async def forget(self, days: int = 30, limit: int = 1000) -> int:
        """Drop sagas that ended so many days ago; return how many went."""
        sagas = self._sagas
        old = (
            sa.select(sagas.c.id)
            .where(sagas.c.ended_at < sa.func.now() - sa.text(f"interval '{int(days)} days'"))
            .limit(limit)
        )
        gone = await self._connection.execute(sa.delete(sagas).where(sagas.c.id.in_(old)))
        return gone.rowcount


def _new(name: str, subject: UUID, notes: dict[str, Any], request_id: str | None) -> dict[str, Any]:
    return {
        "id": new_uuid(),
        "name": name,
        "subject": subject,
        "notes": notes,
        "request_id": request_id,
    }


def saga_desk(
    engine: AsyncEngine, table: sa.Table
) -> Callable[[], AbstractAsyncContextManager[SagaStore]]:
    """Return what a runner claims and advances sagas with.

    Each of its calls is one statement that stands for itself, so none pays for a transaction.
    It nudges nobody: a runner that woke itself by its own commits would never rest.
    """
    lend = database(engine).by_itself

    @asynccontextmanager
    async def begin() -> AsyncIterator[SagaStore]:
        async with lend() as connection:
            yield SagaStore(connection, table)

    return begin
