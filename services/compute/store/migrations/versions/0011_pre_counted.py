"""Count what projects have without a look at the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.drop_index(
        "servers_project", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_index(
        "servers_project",
        "servers",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_include=["user_id", "vcpus", "ram"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "servers_project", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_index(
        "servers_project",
        "servers",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
