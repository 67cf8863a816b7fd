"""Where sagas wait between steps: rows with leases that only grow."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.ids import new_uuid

LEASE = timedelta(seconds=10)  # renewed while a step runs; a dead runner costs this long
MOMENT = timedelta(microseconds=1)
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


class SagaStore:
    """Sagas, inside one transaction."""

    def __init__(self, connection: AsyncConnection, table: sa.Table) -> None:
        self._connection = connection
        self._sagas = table

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
            sqlalchemy.exc.IntegrityError: the subject has a live saga; the domain's own rules
                should have refused before.
        """
        await self._connection.execute(
            sa.insert(self._sagas).values(
                id=new_uuid(),
                name=name,
                subject=subject,
                notes=notes,
                request_id=request_id,
                wake_at=sa.func.now() + (pause or timedelta()),
            )
        )

    async def start_unless_live(
        self, name: str, subject: UUID, notes: dict[str, Any], request_id: str | None = None
    ) -> None:
        """Start a saga, or leave alone the one that is at work on the subject already."""
        await self._connection.execute(
            insert(self._sagas)
            .values(id=new_uuid(), name=name, subject=subject, notes=notes, request_id=request_id)
            .on_conflict_do_nothing(
                index_elements=["subject"], index_where=sa.text("ended_at IS NULL")
            )
        )

    async def supersede(self, subject: UUID) -> dict[str, Any] | None:
        """End the subject's live saga where it stands; return its notes, if there was one.

        What it made stays: whoever supersedes takes it over. A step still running keeps its
        lease until it is done, and ``claim`` gives out nothing else of the subject meanwhile.
        """
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
        sagas = self._sagas
        await self._connection.execute(
            sa.update(sagas)
            .where(sagas.c.subject.in_(list(subjects)), sagas.c.ended_at.is_(None))
            .values(ended_at=sa.func.now(), outcome="superseded")
        )

    async def any_held(self, subjects: Collection[UUID]) -> bool:
        """Whether a step runs for one of these subjects, be its saga superseded or not."""
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
        sagas = self._sagas
        await self._wake(sagas.c.subject == subject)

    async def wake_all(self, subjects: Collection[UUID]) -> None:
        """Make the sagas of these subjects due now."""
        if subjects:
            await self._wake(self._sagas.c.subject.in_(list(subjects)))

    async def wake_waiting(self, keys: Collection[str]) -> None:
        """Make due every saga that waits for one of the keys (see ``job_key``)."""
        if keys:
            await self._wake(self._sagas.c.awaiting.in_(list(keys)))

    async def _wake(self, which: sa.ColumnElement[bool]) -> None:
        sagas = self._sagas
        await self._connection.execute(
            sa.update(sagas)
            .where(which, sagas.c.ended_at.is_(None))
            .values(wake_at=sa.func.least(sagas.c.wake_at, sa.func.now()) - MOMENT)
        )

    async def claim(self, limit: int = 1) -> list[sa.Row[Any]]:
        """Lease the sagas most overdue; each ``lease`` number, which only grows, is proof."""
        sagas, other = self._sagas, self._sagas.alias("other")
        still_held = (
            sa.select(sa.literal(1))
            .where(
                other.c.subject == sagas.c.subject,
                other.c.id != sagas.c.id,
                other.c.leased_until > sa.func.now(),
            )
            .exists()
        )
        due = (
            sa.select(sagas.c.id)
            .where(
                sagas.c.ended_at.is_(None),
                sagas.c.wake_at <= sa.func.now(),
                sagas.c.leased_until <= sa.func.now(),
                ~still_held,
            )
            .order_by(sagas.c.wake_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        claim = (
            sa.update(sagas)
            .where(sagas.c.id.in_(sa.select(due.c.id)))
            .values(
                lease=sagas.c.lease + 1,
                leased_until=sa.func.now() + LEASE,
            )
            .returning(sagas)
        )
        return list((await self._connection.execute(claim)).all())

    async def renew(self, held: sa.Row[Any]) -> bool:
        """Keep the lease while a long step runs; False when the saga is no longer ours to run."""
        sagas = self._sagas
        result = await self._connection.execute(
            sa.update(sagas)
            .where(sagas.c.id == held.id, sagas.c.lease == held.lease, sagas.c.ended_at.is_(None))
            .values(leased_until=sa.func.now() + LEASE)
        )
        return result.rowcount == 1

    async def advance(self, held: sa.Row[Any], changes: dict[str, Any]) -> sa.Row[Any] | None:
        """Write what a step led to and keep the saga; None when it is no longer ours to run."""
        sagas = self._sagas
        result = await self._connection.execute(
            sa.update(sagas)
            .where(sagas.c.id == held.id, sagas.c.lease == held.lease, sagas.c.ended_at.is_(None))
            .values(leased_until=sa.func.now() + LEASE, **changes)
            .returning(sagas)
        )
        row: sa.Row[Any] | None = result.one_or_none()
        return row

    async def release(self, held: sa.Row[Any], pause: timedelta, changes: dict[str, Any]) -> bool:
        """Write what the step led to and let go; False when the saga was lost or superseded.

        A saga woken while its step ran stays due: the pause applies only if nobody knocked.
        """
        sagas = self._sagas
        live = sa.and_(sagas.c.id == held.id, sagas.c.lease == held.lease)
        undisturbed = sagas.c.wake_at == held.wake_at
        result = await self._connection.execute(
            sa.update(sagas)
            .where(live, sagas.c.ended_at.is_(None))
            .values(
                wake_at=sa.case((undisturbed, sa.func.now() + pause), else_=sagas.c.wake_at),
                leased_until=sa.func.now(),
                **changes,
            )
        )
        if result.rowcount == 1:
            return True
        await self._connection.execute(
            sa.update(sagas).where(live).values(leased_until=sa.func.now())
        )
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


def saga_desk(
    engine: AsyncEngine, table: sa.Table
) -> Callable[[], AbstractAsyncContextManager[SagaStore]]:
    """Return what a runner claims and advances sagas with.

    Each of its calls is one statement that stands for itself, so none pays for a transaction.
    It nudges nobody: a runner that woke itself by its own commits would never rest.
    """
    by_itself = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin() -> AsyncIterator[SagaStore]:
        async with by_itself.connect() as connection:
            yield SagaStore(connection, table)

    return begin
