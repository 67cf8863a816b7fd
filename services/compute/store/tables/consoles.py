"""Short-lived secrets that are looked up by their hash: tokens of consoles, addresses of seeds."""

import sqlalchemy as sa

from services.compute.store.tables.messaging import MOMENT, metadata

console_tokens = sa.Table(
    "console_tokens",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # sha256, hex
    sa.Column("server_id", sa.Uuid, nullable=False),
    sa.Column("cluster", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),  # as the gateway told when it was made
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    sa.Index("console_tokens_server", "server_id"),
    sa.Index("console_tokens_expiry", "expires_at"),
)

# What a guest finds on its config drive, on its way to a reinstall; at most one per server.
seeds = sa.Table(
    "seeds",
    metadata,
    sa.Column("server_id", sa.Uuid, primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("expires_at", MOMENT, nullable=False),
    sa.Index("seeds_expiry", "expires_at"),
)
