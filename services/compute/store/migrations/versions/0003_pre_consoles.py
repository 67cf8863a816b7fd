"""Keep console tokens, seeds of guests and what was decided about nodes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("console_tokens_expiry", "console_tokens", ["expires_at"], unique=False)
    op.create_index("console_tokens_server", "console_tokens", ["server_id"], unique=False)
    op.create_table(
        "node_flags",
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("forced_down", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("cluster", "node"),
    )
    op.create_table(
        "seeds",
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server_id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("seeds_expiry", "seeds", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("seeds_expiry", table_name="seeds")
    op.drop_table("seeds")
    op.drop_table("node_flags")
    op.drop_index("console_tokens_server", table_name="console_tokens")
    op.drop_index("console_tokens_expiry", table_name="console_tokens")
    op.drop_table("console_tokens")
