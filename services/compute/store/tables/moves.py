"""Moves of servers between nodes and sizes: what Nova calls migrations."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.store.tables.messaging import happened, metadata

moves = sa.Table(
    "moves",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("uuid", sa.Uuid, nullable=False, unique=True),
    sa.Column("server_id", sa.Uuid, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # of the server
    sa.Column("user_id", sa.Text, nullable=False),  # who asked
    # resize, migration, live-migration, evacuation
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("source", sa.Text),  # nodes
    sa.Column("target", sa.Text),
    sa.Column("cluster", sa.Text),
    sa.Column("old_flavor", sa.Text),
    sa.Column("new_flavor", sa.Text),
    sa.Column("job", JSONB),  # [cluster, epoch, job id], while it may be canceled
    happened("created_at"),
    happened("updated_at"),
    sa.Index("moves_server", "server_id", "id"),
    sa.Index("moves_created", "created_at", "id"),
    sa.Index("moves_unconfirmed", "updated_at", postgresql_where=sa.text("status = 'finished'")),
)
