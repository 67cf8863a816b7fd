"""Find servers that something is being done to."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_index(
        "servers_acting",
        "servers",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("action IS NOT NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "servers_acting", table_name="servers", postgresql_where=sa.text("action IS NOT NULL")
    )
