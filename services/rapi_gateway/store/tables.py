"""The whole schema of the gateway."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)

MOMENT = sa.DateTime(timezone=True)
NOW = sa.func.now()
PENDING = sa.text("status = 'pending'")

clusters = sa.Table(
    "clusters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("uuid", sa.Text, unique=True),  # null once removed: it may come back elsewhere
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),  # what others see
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("ca_pem", sa.Text),
    sa.Column("candidates", JSONB, nullable=False),
    sa.Column("last_job", sa.BigInteger, nullable=False),
    sa.Column("template_asked", sa.Text),
    sa.Column("agent_url", sa.Text),
    sa.Column("agent_sealed", sa.Text),
    sa.Column("agent_ca_pem", sa.Text),
    sa.Column("addresses", JSONB, nullable=False, server_default="{}"),
    sa.Column("access_version", sa.Integer, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
    sa.Column("updated_at", MOMENT, nullable=False, server_default=NOW),
)

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("key", sa.Uuid, primary_key=True),
    sa.Column("arrival", sa.BigInteger, sa.Identity(), nullable=False, unique=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("operation", JSONB, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text),  # secrets; gone when the submission is no longer pending
    sa.Column("request_id", sa.Text),
    sa.Column("status", sa.Text, nullable=False, server_default="pending"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sending_at", MOMENT),
    sa.Column("hwm_before", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("job_id", sa.BigInteger),
    sa.Column("job_ended", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("failure", sa.Text),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", MOMENT, nullable=False, server_default=NOW),
    sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
    sa.Column("ended_at", MOMENT),
    sa.Index("submissions_queues", "cluster", "target", "arrival", postgresql_where=PENDING),
    sa.Index(
        "submissions_jobs",
        "cluster",
        "target",
        "arrival",
        postgresql_where=sa.text("job_id IS NOT NULL AND NOT job_ended"),
    ),
    sa.Index(
        "submissions_accepted",  # what the watcher asks for after a break of a job history
        "cluster",
        "epoch",
        "job_id",
        postgresql_where=sa.text("job_id IS NOT NULL"),
    ),
    sa.Index("submissions_ended", "ended_at", postgresql_where=sa.text("ended_at IS NOT NULL")),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("owner", sa.Uuid, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
)

loads = sa.Table(
    "loads",  # what was told of the clusters' load, so that no process tells it again
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("scale", sa.Text, nullable=False),
)
