"""Let volumes be grouped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "group_types",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column(
            "group_specs",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
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
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("availability_zone", sa.Text(), nullable=False),
        sa.Column("group_type_id", sa.Uuid(), nullable=False),
        sa.Column("volume_types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("group_snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("source_group_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "groups_of_project",
        "groups",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "groups_of_type",
        "groups",
        ["group_type_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "group_snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("group_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "group_snapshots_of_group",
        "group_snapshots",
        ["group_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "group_snapshots_of_project",
        "group_snapshots",
        ["project_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("snapshots", sa.Column("group_snapshot_id", sa.Uuid(), nullable=True))
    op.create_index(
        "snapshots_of_group_snapshot",
        "snapshots",
        ["group_snapshot_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "volumes_of_group",
        "volumes",
        ["group_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "volumes_of_group", table_name="volumes", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "snapshots_of_group_snapshot",
        table_name="snapshots",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_column("snapshots", "group_snapshot_id")
    op.drop_index(
        "group_snapshots_of_project",
        table_name="group_snapshots",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "group_snapshots_of_group",
        table_name="group_snapshots",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("group_snapshots")
    op.drop_index(
        "groups_of_type", table_name="groups", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "groups_of_project", table_name="groups", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("groups")
    op.drop_table("group_types")
