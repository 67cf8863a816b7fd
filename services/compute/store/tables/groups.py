"""Server groups; the members are the servers that name the group."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.store.tables.messaging import happened, metadata

server_groups = sa.Table(
    "server_groups",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # affinity, anti-affinity, soft-affinity, soft-anti-affinity
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("rules", JSONB, nullable=False, server_default="{}"),  # max_server_per_host
    happened("created_at"),
    sa.Index("server_groups_project", "project_id", "created_at"),
)
