"""Types, what they promise, who may use them, and the limits of projects."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.volume.store.tables.base import LIVE, metadata, moment

qos_specs = sa.Table(
    "qos_specs",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("specs", JSONB, nullable=False, server_default="{}"),
    sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
)

volume_types = sa.Table(
    "volume_types",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("extra_specs", JSONB, nullable=False, server_default="{}"),
    sa.Column("qos_specs_id", sa.Uuid, sa.ForeignKey("qos_specs.id")),
    sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
    sa.Column("deleted_at", moment),  # the row stays for the volumes that were of it
    sa.Index("volume_types_by_name", "name", unique=True, postgresql_where=LIVE),
)

volume_type_access = sa.Table(
    "volume_type_access",
    metadata,
    sa.Column(
        "volume_type_id",
        sa.Uuid,
        sa.ForeignKey("volume_types.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("project_id", sa.Text, primary_key=True),
)

default_types = sa.Table(
    "default_types",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("volume_type_id", sa.Uuid, sa.ForeignKey("volume_types.id"), nullable=False),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),  # project:<id> or class:<name>
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("hard_limit", sa.Integer, nullable=False),
)
