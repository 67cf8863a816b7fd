"""Host aggregates: named groups of nodes."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.compute.store.tables.messaging import happened, metadata, moment

aggregates = sa.Table(
    "aggregates",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("uuid", sa.Uuid, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("availability_zone", sa.Text),
    sa.Column("hosts", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("metadata", JSONB, nullable=False, server_default="{}", key="details"),
    happened("created_at"),
    moment("updated_at"),
)
