"""Find what is left of ranges without looking at what is used up."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.drop_index(op.f("free_ranges_subnet"), table_name="free_ranges")
    op.create_index(
        "free_ranges_left",
        "free_ranges",
        ["subnet_id", "first"],
        unique=False,
        postgresql_where=sa.text("first <= last"),
    )
    op.create_index("free_ranges_of_subnet", "free_ranges", ["subnet_id"], unique=False)


def downgrade() -> None:

    op.drop_index("free_ranges_of_subnet", table_name="free_ranges")
    op.drop_index(
        "free_ranges_left", table_name="free_ranges", postgresql_where=sa.text("first <= last")
    )
    op.create_index(op.f("free_ranges_subnet"), "free_ranges", ["subnet_id", "first"], unique=False)
