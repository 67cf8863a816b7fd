"""The whole schema of the watcher."""

import sqlalchemy as sa

from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)

clusters = sa.Table(
    "clusters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("high", sa.BigInteger, nullable=False),  # highest job id seen
    sa.Column("anchor", sa.Float),  # when that job was received
    sa.Column("uuid", sa.Text),  # Ganeti's: under the same name another cluster starts over
    sa.Column("owner", sa.Text),  # the replica that watches it
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("leased_until", sa.DateTime(timezone=True)),
    sa.Column("looked_at", sa.DateTime(timezone=True)),  # last answer
    sa.Column("told_at", sa.DateTime(timezone=True)),  # last fact
    sa.Column("state", sa.Text),  # WatchState
    sa.Column("state_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text),  # of the state
    sa.Column("lag", sa.Float),  # seconds from a job's end to its fact, lately
    sa.Column("behind", sa.BigInteger),  # job ids not looked at yet
    sa.Column("drift", sa.Integer),  # instances found changed though no job said so, last time
    sa.Column("trouble", sa.Integer),  # instances in an ERROR status, last time
    sa.Column("hinted_at", sa.DateTime(timezone=True)),  # last word of an agent
)

replicas = sa.Table(
    "replicas",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
)

open_jobs = sa.Table(
    "open_jobs",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("job_id", sa.BigInteger, primary_key=True),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("received", sa.Float),
    sa.Column("key", sa.Text),  # of the submission it must be of
)

instances = sa.Table(
    "instances",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("present", sa.Boolean, nullable=False),
)
