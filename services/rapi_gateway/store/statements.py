"""The statements of every submission: written once, as each of them is run all the time.

Parameters are named apart from columns, as SQLAlchemy wants it where columns are set.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from services.rapi_gateway.store.rows import IS_PENDING, epoch_of, select_submissions, sent_for
from services.rapi_gateway.store.tables import clusters, leases, submissions
from shared.contracts.gateway import ClusterState
from shared.db.prepared import Prepared

TEXTS: Final = ARRAY(sa.Text)
CREATE: Final = "instance.create"
WORTH_WAITING_FOR: Final = sa.text("interval '1 day'")  # nobody waits for jobs older than this
TAKEN_IN: Final = (
    "cluster", "key", "target", "operation", "fingerprint", "request_id", "sealed",
)  # fmt: skip
C: Final = submissions.c
AT: Final = sa.bindparam("at_cluster", type_=sa.Text)
BY: Final = sa.bindparam("by_key", type_=sa.Uuid)
ROW: Final = (C.cluster == AT, C.key == BY)
ATTEMPT: Final = (*ROW, IS_PENDING, C.attempts == sa.bindparam("attempt", type_=sa.Integer))
RETURNED: Final = (*submissions.c, sent_for())


def _texts(name: str) -> Any:
    return sa.bindparam(name, type_=TEXTS)


def _add() -> Prepared:
    most = sa.bindparam("most", type_=sa.Integer)
    queue: Any = sa.select(sa.literal_column("1")).where(C.cluster == AT, IS_PENDING).limit(most)
    room = sa.select(sa.func.count()).select_from(queue.subquery()).scalar_subquery() < most
    known = sa.exists().where(clusters.c.name == AT, clusters.c.state != ClusterState.REMOVED.value)
    values = [sa.bindparam(f"new_{name}", type_=C[name].type) for name in TAKEN_IN]
    return Prepared(
        insert(submissions)
        .from_select(list(TAKEN_IN), sa.select(*values).where(known, room))
        .on_conflict_do_nothing()
        .returning(*RETURNED)
    )


def _job_before() -> Any:
    """Return (key, job) of the target's submission before one, if it may still run."""
    older = submissions.alias("older")
    return (
        sa.select(older.c.key.label("before_key"), older.c.job_id.label("before_job"))
        .where(
            older.c.cluster == C.cluster,
            older.c.target == C.target,
            older.c.arrival < C.arrival,
            older.c.job_id.is_not(None),
            ~older.c.job_ended,
            older.c.ended_at > sa.func.now() - WORTH_WAITING_FOR,
            older.c.epoch == epoch_of(older.c.cluster),
        )
        .order_by(older.c.arrival.desc())
        .limit(sa.literal_column("1"))
        .lateral("before")
    )


def _heads() -> Prepared:
    head = (
        sa.select(C.cluster, C.target, C.key, C.due_at, C.sending_at)
        .ext(distinct_on(C.cluster, C.target))
        .where(IS_PENDING, C.cluster == sa.any_(_texts("names")))
        .order_by(C.cluster, C.target, C.arrival)
        .subquery()
    )
    taken = (
        sa.func.unnest(_texts("busy_clusters"), _texts("busy_targets"))
        .table_valued("cluster", "target", name="taken")
        .render_derived()
    )
    before = _job_before()
    is_create: Any = C.operation["operation"].as_string() == CREATE
    return Prepared(
        select_submissions()
        .add_columns(before.c.before_key, before.c.before_job)
        .join(head, (C.cluster == head.c.cluster) & (C.key == head.c.key))
        .outerjoin(before, sa.true())
        .where(
            head.c.due_at <= sa.func.now(),
            head.c.sending_at.is_not(None) | (head.c.cluster != sa.all_(_texts("closed"))),
            ~sa.exists().where(taken.c.cluster == head.c.cluster, taken.c.target == head.c.target),
        )
        .order_by(is_create, C.arrival)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


def _claim() -> Prepared:
    lease = sa.exists().where(
        leases.c.cluster == AT,
        leases.c.owner == sa.bindparam("owner", type_=sa.Uuid),
        leases.c.until > sa.func.now(),
    )
    open_ = sa.exists().where(
        clusters.c.name == AT, clusters.c.state == sa.any_(_texts("open_states"))
    )
    return Prepared(
        sa.update(submissions)
        .where(*ATTEMPT, C.sending_at.is_(None), lease, open_)
        .values(
            sending_at=sa.func.clock_timestamp(),
            attempts=C.attempts + sa.literal_column("1"),
            tries=sa.literal_column("0"),
            hwm_before=sa.bindparam("hwm", type_=sa.BigInteger),
            epoch=epoch_of(AT),
            message=sa.literal_column("''"),
        )
        .returning(*RETURNED)
    )


def _ended(status: Any, failure: Any, message: Any) -> dict[str, Any]:
    return {
        "status": status,
        "failure": failure,
        "message": message,
        "sealed": sa.null(),
        "ended_at": sa.func.now(),
    }


def _finish() -> Prepared:
    ended = _ended(
        sa.bindparam("new_status", type_=sa.Text),
        sa.bindparam("why", type_=sa.Text),
        sa.bindparam("words", type_=sa.Text),
    )
    epoch = sa.func.coalesce(sa.bindparam("new_epoch", type_=sa.Integer), epoch_of(AT))
    job = sa.bindparam("job", type_=sa.BigInteger)
    change = sa.update(submissions).where(*ATTEMPT)
    return Prepared(change.values(epoch=epoch, job_id=job, **ended).returning(*RETURNED))


def _withdraw() -> Prepared:
    ended = _ended(
        sa.literal_column("'rejected'"),
        sa.literal_column("'canceled'"),
        sa.literal_column("'It was taken back before it was sent.'"),
    )
    unsent = sa.update(submissions).where(*ROW, IS_PENDING, C.sending_at.is_(None))
    return Prepared(unsent.values(**ended).returning(*RETURNED))


def _postpone() -> Prepared:
    pause = sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.bindparam("pause", type_=sa.Float))
    unsent = sa.bindparam("unsent", type_=sa.Boolean)
    return Prepared(
        sa.update(submissions)
        .where(*ATTEMPT)
        .values(
            due_at=sa.func.now() + pause,
            tries=C.tries + sa.literal_column("1"),
            message=sa.bindparam("words", type_=sa.Text),
            sending_at=sa.case((unsent, sa.null()), else_=C.sending_at),
        )
    )


FIND: Final = Prepared(select_submissions().where(*ROW))
ADD: Final = _add()
HEADS: Final = _heads()
CLAIM: Final = _claim()
FINISH: Final = _finish()
WITHDRAW: Final = _withdraw()
POSTPONE: Final = _postpone()
WITH_SECRETS: Final = Prepared(
    select_submissions().where(IS_PENDING, C.sealed.is_not(None)).with_for_update()
)
DEPTHS: Final = Prepared(
    sa.text("""
        SELECT cluster, count(*) AS pending,
               count(*) FILTER (WHERE sending_at IS NOT NULL) AS in_doubt,
               extract(epoch FROM now() - min(created_at))::float AS oldest
          FROM submissions WHERE status = 'pending' GROUP BY cluster
    """)
)
