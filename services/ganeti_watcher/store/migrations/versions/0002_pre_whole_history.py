"""Keep histories apart, and say how clusters are followed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "replicas",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.add_column("clusters", sa.Column("anchor", sa.Float(), nullable=True))
    op.add_column("clusters", sa.Column("uuid", sa.Text(), nullable=True))
    op.add_column("clusters", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clusters", sa.Column("state", sa.Text(), nullable=True))
    op.add_column(
        "clusters", sa.Column("state_sequence", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("clusters", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("clusters", sa.Column("lag", sa.Float(), nullable=True))
    op.add_column("clusters", sa.Column("behind", sa.BigInteger(), nullable=True))
    op.add_column("clusters", sa.Column("drift", sa.Integer(), nullable=True))
    op.add_column("clusters", sa.Column("trouble", sa.Integer(), nullable=True))
    op.add_column("clusters", sa.Column("hinted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("open_jobs", sa.Column("key", sa.Text(), nullable=True))
    op.drop_constraint("open_jobs_pkey", "open_jobs", type_="primary")
    op.create_primary_key("open_jobs_pkey", "open_jobs", ["cluster", "epoch", "job_id"])


def downgrade() -> None:

    op.execute("DELETE FROM open_jobs")
    op.drop_constraint("open_jobs_pkey", "open_jobs", type_="primary")
    op.create_primary_key("open_jobs_pkey", "open_jobs", ["cluster", "job_id"])
    op.drop_column("open_jobs", "key")
    op.drop_column("clusters", "hinted_at")
    op.drop_column("clusters", "trouble")
    op.drop_column("clusters", "drift")
    op.drop_column("clusters", "behind")
    op.drop_column("clusters", "lag")
    op.drop_column("clusters", "reason")
    op.drop_column("clusters", "state_sequence")
    op.drop_column("clusters", "state")
    op.drop_column("clusters", "told_at")
    op.drop_column("clusters", "uuid")
    op.drop_column("clusters", "anchor")
    op.drop_table("replicas")
