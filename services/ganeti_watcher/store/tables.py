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
    sa.Column("owner", sa.Text),  # the replica that watches it
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("leased_until", sa.DateTime(timezone=True)),
    sa.Column("looked_at", sa.DateTime(timezone=True)),
)

open_jobs = sa.Table(
    "open_jobs",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("job_id", sa.BigInteger, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("received", sa.Float),
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
