"""Find accepted jobs by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_index(
        "submissions_accepted",
        "submissions",
        ["cluster", "epoch", "job_id"],
        unique=False,
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "submissions_accepted",
        table_name="submissions",
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )
