"""Let volumes have content, snapshots and attachments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "clusters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("messages_expiry", "messages", ["expires_at"], unique=False)
    op.create_index("messages_of_project", "messages", ["project_id", "created_at"], unique=False)
    op.create_table(
        "pools",
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.Column("agent_version", sa.Text(), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("cluster"),
    )
    op.create_table(
        "qos_specs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column(
            "specs", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "resources",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    op.create_table(
        "service_states",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("binary", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("host", "binary"),
    )
    op.create_table(
        "default_types",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("volume_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_type_id"],
            ["volume_types.id"],
        ),
        sa.PrimaryKeyConstraint("project_id"),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("volume_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("by_service", sa.Boolean(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.Column("mountpoint", sa.Text(), nullable=True),
        sa.Column(
            "connector",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "connection",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("seen_sequence", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["volume_id"],
            ["volumes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "attachments_of_instance",
        "attachments",
        ["instance"],
        unique=False,
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.create_index(
        "attachments_of_project",
        "attachments",
        ["project_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.create_index(
        "attachments_of_volume",
        "attachments",
        ["volume_id"],
        unique=False,
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("volume_id", sa.Uuid(), nullable=False),
        sa.Column("volume_type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), server_default="0%", nullable=False),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("cluster", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_id"],
            ["volumes.id"],
        ),
        sa.ForeignKeyConstraint(
            ["volume_type_id"],
            ["volume_types.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "snapshots_newest",
        "snapshots",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "snapshots_of_project",
        "snapshots",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "snapshots_of_volume",
        "snapshots",
        ["volume_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("volume_types", sa.Column("qos_specs_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "volume_types_qos_specs_id_fkey", "volume_types", "qos_specs", ["qos_specs_id"], ["id"]
    )
    op.add_column("volumes", sa.Column("growing_to", sa.Integer(), nullable=True))
    op.add_column("volumes", sa.Column("status_before", sa.Text(), nullable=True))
    op.add_column("volumes", sa.Column("readonly", sa.Boolean(), nullable=True))
    op.add_column("volumes", sa.Column("snapshot_id", sa.Uuid(), nullable=True))
    op.add_column("volumes", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.add_column("volumes", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("volumes", sa.Column("cluster", sa.Text(), nullable=True))
    op.add_column("volumes", sa.Column("driver", sa.Text(), nullable=True))
    op.add_column("volumes", sa.Column("disk_template", sa.Text(), nullable=True))
    op.add_column("volumes", sa.Column("disk_uuid", sa.Text(), nullable=True))
    op.add_column(
        "volumes",
        sa.Column(
            "disk_nodes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column(
        "volumes", sa.Column("has_content", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "volumes",
        sa.Column(
            "attachments",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("volumes", sa.Column("view", sa.LargeBinary(), nullable=True))
    op.add_column(
        "volumes", sa.Column("view_shape", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.create_index(
        "volumes_from_snapshot",
        "volumes",
        ["snapshot_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "volumes_from_volume",
        "volumes",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    # The type that is Ganeti's own storage says so from now on.
    op.execute(
        "UPDATE volume_types SET extra_specs = extra_specs || "
        "jsonb_build_object('ganeti' || chr(58) || 'driver', 'native') "
        "WHERE name = 'native' AND deleted_at IS NULL AND extra_specs = '{}'"
    )


def downgrade() -> None:

    op.drop_index(
        "volumes_from_volume", table_name="volumes", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "volumes_from_snapshot",
        table_name="volumes",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_column("volumes", "view_shape")
    op.drop_column("volumes", "view")
    op.drop_column("volumes", "attachments")
    op.drop_column("volumes", "has_content")
    op.drop_column("volumes", "disk_nodes")
    op.drop_column("volumes", "disk_uuid")
    op.drop_column("volumes", "disk_template")
    op.drop_column("volumes", "driver")
    op.drop_column("volumes", "cluster")
    op.drop_column("volumes", "group_id")
    op.drop_column("volumes", "source_id")
    op.drop_column("volumes", "snapshot_id")
    op.drop_column("volumes", "readonly")
    op.drop_column("volumes", "status_before")
    op.drop_column("volumes", "growing_to")
    op.drop_constraint("volume_types_qos_specs_id_fkey", "volume_types", type_="foreignkey")
    op.drop_column("volume_types", "qos_specs_id")
    op.drop_index(
        "snapshots_of_volume",
        table_name="snapshots",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "snapshots_of_project",
        table_name="snapshots",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "snapshots_newest", table_name="snapshots", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("snapshots")
    op.drop_index(
        "attachments_of_volume",
        table_name="attachments",
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.drop_index(
        "attachments_of_project",
        table_name="attachments",
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.drop_index(
        "attachments_of_instance",
        table_name="attachments",
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.drop_table("attachments")
    op.drop_table("default_types")
    op.drop_table("service_states")
    op.drop_table("resources")
    op.drop_table("qos_specs")
    op.drop_table("pools")
    op.drop_index("messages_of_project", table_name="messages")
    op.drop_index("messages_expiry", table_name="messages")
    op.drop_table("messages")
    op.drop_table("clusters")
