"""Keypairs: public keys that users may have put into their servers."""

import sqlalchemy as sa

from services.compute.store.tables.messaging import happened, metadata

keypairs = sa.Table(
    "keypairs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),  # shown by the API
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False, server_default="ssh"),  # ssh, x509
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    happened("created_at"),
    sa.UniqueConstraint("user_id", "name", name="keypairs_user_name"),
)
