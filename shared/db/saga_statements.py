"""What runners ask of the saga table all the time, written out once per table."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.prepared import Prepared

LEASE: Final = timedelta(seconds=10)  # renewed while a step runs; a dead runner costs this long
MOMENT: Final = timedelta(microseconds=1)
HELD: Final = (
    "id", "name", "subject", "notes", "position", "undoing", "resume_at", "attempt", "lease",
    "wake_at", "awaiting", "request_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStatements:
    """The statements, by what they do."""

    claim: Prepared  # most
    renew: Prepared  # key, held
    advance: Prepared  # key, held, new_*
    release: Prepared  # key, held, new_*, woken, pause
    let_go: Prepared  # key, held
    wake: Prepared  # subjects
    wake_waiting: Prepared  # keys


@lru_cache(maxsize=100)
def statements_of(sagas: sa.Table) -> SagaStatements:
    """Return the statements for one service's table."""
    ours = sa.and_(
        sagas.c.id == sa.bindparam("key"),
        sagas.c.lease == sa.bindparam("held"),
    )
    live = sa.and_(ours, sagas.c.ended_at.is_(None))
    later = sa.func.now() + LEASE
    return SagaStatements(
        claim=Prepared(_claim(sagas)),
        renew=Prepared(sa.update(sagas).where(live).values(leased_until=later)),
        advance=Prepared(
            sa.update(sagas)
            .where(live)
            .values(leased_until=later, **_state())
            .returning(sagas.c.wake_at)
        ),
        release=Prepared(sa.update(sagas).where(live).values(**_released(sagas), **_state())),
        let_go=Prepared(sa.update(sagas).where(ours).values(leased_until=sa.func.now())),
        wake=Prepared(_wake(sagas, sagas.c.subject, ARRAY(sa.Uuid))),
        wake_waiting=Prepared(_wake(sagas, sagas.c.awaiting, ARRAY(sa.Text))),
    )


def _state() -> dict[str, Any]:
    """Return what a step may change of a saga."""
    outcome = sa.bindparam("new_outcome", type_=sa.Text)
    return {
        "position": sa.bindparam("new_position", type_=sa.Integer),
        "undoing": sa.bindparam("new_undoing", type_=sa.Boolean),
        "resume_at": sa.bindparam("new_resume_at", type_=sa.Integer),
        "attempt": sa.bindparam("new_attempt", type_=sa.Integer),
        "notes": sa.bindparam("new_notes", type_=JSONB),
        "awaiting": sa.bindparam("new_awaiting", type_=sa.Text),
        "outcome": outcome,
        "ended_at": sa.case((outcome.is_not(None), sa.func.now())),
    }


def _released(sagas: sa.Table) -> dict[str, Any]:
    """Return when a saga is due again: a knock while its step ran counts for more than a pause."""
    undisturbed = sagas.c.wake_at == sa.bindparam("woken")
    due = sa.func.now() + sa.bindparam("pause", type_=sa.Interval)
    return {
        "wake_at": sa.case((undisturbed, due), else_=sagas.c.wake_at),
        "leased_until": sa.func.now(),
    }


def _wake(sagas: sa.Table, column: sa.Column[Any], kind: ARRAY[Any]) -> sa.Executable:
    whom = sa.bindparam("whom", type_=kind)
    return (
        sa.update(sagas)
        .where(column == sa.func.any(whom), sagas.c.ended_at.is_(None))
        .values(wake_at=sa.func.least(sagas.c.wake_at, sa.func.now()) - MOMENT)
    )


def _claim(sagas: sa.Table) -> sa.Executable:
    other = sagas.alias("other")
    still_held = (
        sa.select(sa.literal_column("1"))
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
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        sa.update(sagas)
        .where(sagas.c.id.in_(sa.select(due.c.id)))
        .values(lease=sagas.c.lease + sa.literal_column("1"), leased_until=sa.func.now() + LEASE)
        .returning(*(sagas.c[name] for name in HELD))
    )
