"""Keep what is staged and the tasks of imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("input", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "tasks_expiry",
        "tasks",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("tasks_newest", "tasks", ["created_at", "id"], unique=False)
    op.create_index("tasks_of_image", "tasks", ["image_id"], unique=False)
    op.add_column(
        "images", sa.Column("staged", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("images", sa.Column("task", sa.Uuid(), nullable=True))
    op.drop_index(
        op.f("images_saving"), table_name="images", postgresql_where="(status = 'saving'::text)"
    )
    op.create_index(
        "images_arriving",
        "images",
        ["upload_seen_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('saving', 'uploading') AND staged IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "images_arriving",
        table_name="images",
        postgresql_where=sa.text("status IN ('saving', 'uploading') AND staged IS NULL"),
    )
    op.create_index(
        op.f("images_saving"),
        "images",
        ["upload_seen_at"],
        unique=False,
        postgresql_where="(status = 'saving'::text)",
    )
    op.drop_column("images", "task")
    op.drop_column("images", "staged")
    op.drop_index("tasks_of_image", table_name="tasks")
    op.drop_index("tasks_newest", table_name="tasks")
    op.drop_index(
        "tasks_expiry", table_name="tasks", postgresql_where=sa.text("expires_at IS NOT NULL")
    )
    op.drop_table("tasks")
