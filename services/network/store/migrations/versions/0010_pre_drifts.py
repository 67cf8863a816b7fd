"""Remember what drifts and what is reserved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "drifts",
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("cluster", "subject", "kind", "what"),
    )
    op.create_table(
        "reservations",
        sa.Column("subnet_id", sa.Uuid(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subnet_id", "address", "cluster"),
    )
    op.create_index("reservations_of_cluster", "reservations", ["cluster"], unique=False)
    op.alter_column("addresses", "port_id", existing_type=sa.UUID(), nullable=True)


def downgrade() -> None:

    op.execute("DELETE FROM addresses WHERE port_id IS NULL")
    op.alter_column("addresses", "port_id", existing_type=sa.UUID(), nullable=False)
    op.drop_index("reservations_of_cluster", table_name="reservations")
    op.drop_table("reservations")
    op.drop_table("drifts")
