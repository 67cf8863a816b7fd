"""Flavors, and the projects that private ones are for."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.store.tables.messaging import happened, metadata, moment

# A deleted flavor goes for good: servers keep a snapshot of theirs.
flavors = sa.Table(
    "flavors",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("ram", sa.Integer, nullable=False),  # MiB
    sa.Column("disk", sa.Integer, nullable=False),  # GiB
    sa.Column("ephemeral", sa.Integer, nullable=False, server_default="0"),  # GiB
    sa.Column("swap", sa.Integer, nullable=False, server_default="0"),  # MiB
    sa.Column("rxtx_factor", sa.Double, nullable=False, server_default="1"),
    sa.Column("is_public", sa.Boolean, nullable=False, server_default="true"),
    sa.Column("extra_specs", JSONB, nullable=False, server_default="{}"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    happened("created_at"),
    moment("updated_at"),
)

flavor_access = sa.Table(
    "flavor_access",
    metadata,
    sa.Column("flavor_id", sa.ForeignKey("flavors.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", sa.Text, primary_key=True),
)
