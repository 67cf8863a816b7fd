"""Create the tables of servers and projections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "aggregates",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("availability_zone", sa.Text(), nullable=True),
        sa.Column("hosts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_table(
        "clusters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("availability_zone", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "instances",
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("fact", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("cluster", "name"),
    )
    op.create_index("instances_server", "instances", ["server_id"], unique=False)
    op.create_table(
        "resources",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    op.create_index(
        "resources_device",
        "resources",
        [sa.literal_column("(document ->> 'device_id')")],
        unique=False,
        postgresql_where=sa.text("kind = 'network.port' AND NOT gone"),
    )
    op.create_index(
        "resources_gone", "resources", ["seen_at"], unique=False, postgresql_where=sa.text("gone")
    )
    op.create_index(
        "resources_project",
        "resources",
        ["kind", "project_id"],
        unique=False,
        postgresql_where=sa.text("NOT gone"),
    )
    op.create_table(
        "server_actions",
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column(
            "events", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("server_id", "request_id"),
    )
    op.create_index(
        "server_actions_started", "server_actions", ["server_id", "started_at"], unique=False
    )
    op.create_table(
        "server_secrets",
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("server_id"),
    )
    op.create_table(
        "servers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("vm_state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("power_state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("task_state", sa.Text(), nullable=True),
        sa.Column("visible", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("flavor_id", sa.Text(), nullable=False),
        sa.Column("flavor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("ram", sa.Integer(), nullable=False),
        sa.Column("disk", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("key_name", sa.Text(), nullable=True),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "requested_networks",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "nics", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column(
            "security_groups",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("access_ip_v4", sa.Text(), nullable=True),
        sa.Column("access_ip_v6", sa.Text(), nullable=True),
        sa.Column("config_drive", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("disk_config", sa.Text(), server_default="MANUAL", nullable=False),
        sa.Column("reservation_id", sa.Text(), nullable=False),
        sa.Column("launch_index", sa.Integer(), server_default="0", nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("availability_zone", sa.Text(), nullable=True),
        sa.Column("pinned_zone", sa.Text(), nullable=True),
        sa.Column("pinned_node", sa.Text(), nullable=True),
        sa.Column("cluster", sa.Text(), nullable=True),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("counted_from", sa.BigInteger(), nullable=True),
        sa.Column("last_job", sa.BigInteger(), nullable=True),
        sa.Column("fault", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("view_min", sa.LargeBinary(), nullable=False),
        sa.Column("view_max", sa.LargeBinary(), nullable=False),
        sa.Column("admin_min", sa.LargeBinary(), nullable=False),
        sa.Column("admin_max", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"toast_tuple_target": "8160"},
    )
    op.create_index(
        "servers_cluster",
        "servers",
        ["cluster", "node"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "servers_created",
        "servers",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "servers_group",
        "servers",
        ["group_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "servers_nics",
        "servers",
        ["nics"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"nics": "jsonb_path_ops"},
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "servers_project",
        "servers",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("servers_reservation", "servers", ["reservation_id"], unique=False)
    op.create_index("servers_updated", "servers", ["project_id", "updated_at"], unique=False)
    op.create_index(
        "servers_user",
        "servers",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "servers_user", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("servers_updated", table_name="servers")
    op.drop_index("servers_reservation", table_name="servers")
    op.drop_index(
        "servers_project", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "servers_nics",
        table_name="servers",
        postgresql_using="gin",
        postgresql_ops={"nics": "jsonb_path_ops"},
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "servers_group", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "servers_created", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "servers_cluster", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("servers")
    op.drop_table("server_secrets")
    op.drop_index("server_actions_started", table_name="server_actions")
    op.drop_table("server_actions")
    op.drop_index("resources_project", table_name="resources", postgresql_where=sa.text("NOT gone"))
    op.drop_index("resources_gone", table_name="resources", postgresql_where=sa.text("gone"))
    op.drop_index(
        "resources_device",
        table_name="resources",
        postgresql_where=sa.text("kind = 'network.port' AND NOT gone"),
    )
    op.drop_table("resources")
    op.drop_index("instances_server", table_name="instances")
    op.drop_table("instances")
    op.drop_table("clusters")
    op.drop_table("aggregates")
