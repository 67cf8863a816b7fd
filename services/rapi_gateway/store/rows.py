"""Rows of submissions, as statements name them and as the domain knows them."""

from typing import Any, Final

import sqlalchemy as sa

from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.store.tables import clusters, submissions
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import SubmissionStatus

# In words, not as a parameter: so PostgreSQL sees that the partial indexes fit.
IS_PENDING: Final = submissions.c.status == sa.literal_column("'pending'")


def epoch_of(cluster: Any) -> Any:
    """Return the epoch of a cluster, as a part of a statement."""
    return (
        sa.select(clusters.c.document["epoch"].as_integer())
        .where(clusters.c.name == cluster)
        .correlate_except(clusters)
        .scalar_subquery()
    )


def sent_for() -> sa.Label[Any]:
    """Return for how many seconds a submission has been on its way, by the database's clock."""
    passed = sa.func.clock_timestamp() - submissions.c.sending_at
    return sa.func.coalesce(sa.extract("epoch", passed), 0.0).label("sent_for")


def select_submissions() -> sa.Select[Any]:
    """Return the beginning of a statement that reads submissions."""
    return sa.select(submissions, sent_for())


def submission_of(row: Any) -> Submission:
    """Return the submission in a row."""
    return Submission(
        cluster=row["cluster"],
        key=row["key"],
        arrival=row["arrival"],
        target=row["target"],
        operation=row["operation"],
        fingerprint=row["fingerprint"],
        request_id=row["request_id"],
        status=SubmissionStatus(row["status"]),
        attempts=row["attempts"],
        tries=row["tries"],
        epoch=row["epoch"],
        created_at=row["created_at"],
        sending_at=row["sending_at"],
        sent_for=float(row["sent_for"]),
        hwm_before=row["hwm_before"],
        job_id=row["job_id"],
        failure=Failure(row["failure"]) if row["failure"] else None,
        message=row["message"],
        sealed=row["sealed"],
    )
