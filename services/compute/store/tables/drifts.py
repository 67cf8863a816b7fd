"""What servers and their instances disagree on, and how far the looking has come."""

import sqlalchemy as sa

from services.compute.store.tables.messaging import happened, metadata

drifts = sa.Table(
    "drifts",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("server_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),  # domain.differences.Kind
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),  # of the server when it was seen
    sa.Column("looks", sa.Integer, nullable=False, server_default="1"),
    happened("found_at"),
    happened("seen_at"),
)

# One row: all that changed until then has been looked at.
drift_marks = sa.Table(
    "drift_marks",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
)
