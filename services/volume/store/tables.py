"""The whole schema of the volume service."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.idempotency import idempotency_table
from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)
idempotency = idempotency_table(metadata)

_moment = sa.DateTime(timezone=True)

volume_types = sa.Table(
    "volume_types",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("extra_specs", JSONB, nullable=False, server_default="{}"),
    sa.Column("created_at", _moment, nullable=False, server_default=sa.func.now()),
    sa.Column("deleted_at", _moment),  # the row stays for the volumes that were of it
    sa.Index(
        "volume_types_by_name", "name", unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    ),
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

volumes = sa.Table(
    "volumes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("size", sa.Integer, nullable=False),  # GiB
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("availability_zone", sa.Text, nullable=False),
    sa.Column("volume_type_id", sa.Uuid, sa.ForeignKey("volume_types.id"), nullable=False),
    sa.Column("metadata", JSONB, nullable=False, server_default="{}"),
    sa.Column("image_metadata", JSONB, nullable=False, server_default="{}"),
    sa.Column("bootable", sa.Boolean, nullable=False),
    sa.Column("multiattach", sa.Boolean, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment),
    sa.Column("deleted_at", _moment),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index(
        "volumes_of_project",
        "project_id",
        "created_at",
        "id",
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
    sa.Index("volumes_newest", "created_at", "id", postgresql_where=sa.text("deleted_at IS NULL")),
    sa.Index("volumes_of_type", "volume_type_id", postgresql_where=sa.text("deleted_at IS NULL")),
)

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("volume_id", sa.Uuid, sa.ForeignKey("volumes.id"), nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # who offers the volume
    sa.Column("name", sa.Text),
    sa.Column("key_digest", sa.Text, nullable=False),
    sa.Column("no_snapshots", sa.Boolean, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("ended_at", _moment),
    sa.Column("taken_by", sa.Text),  # the project that accepted it, if one did
    sa.Index(
        "transfers_of_volume",
        "volume_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "transfers_of_project",
        "project_id",
        "created_at",
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),  # project:<id> or class:<name>
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("hard_limit", sa.Integer, nullable=False),
)
