"""Find servers that no capacity counts yet."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_index(
        "servers_promised",
        "servers",
        ["cluster", sa.literal_column("coalesce(counted_from, 9223372036854775807)")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "servers_promised", table_name="servers", postgresql_where=sa.text("deleted_at IS NULL")
    )
