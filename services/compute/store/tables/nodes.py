"""What administrators decided about nodes by way of their compute services."""

import sqlalchemy as sa

from services.compute.store.tables.messaging import happened, metadata

node_flags = sa.Table(
    "node_flags",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("disabled_reason", sa.Text),
    sa.Column("forced_down", sa.Boolean, nullable=False, server_default="false"),
    happened("updated_at"),
)
