"""Remember locks, resizes and moves of servers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "moves",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("cluster", sa.Text(), nullable=True),
        sa.Column("old_flavor", sa.Text(), nullable=True),
        sa.Column("new_flavor", sa.Text(), nullable=True),
        sa.Column("job", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("moves_created", "moves", ["created_at", "id"], unique=False)
    op.create_index("moves_server", "moves", ["server_id", "id"], unique=False)
    op.create_index(
        "moves_unconfirmed",
        "moves",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status = 'finished'"),
    )
    op.add_column("servers", sa.Column("stood", sa.Text(), nullable=True))
    op.add_column("servers", sa.Column("locked_by", sa.Text(), nullable=True))
    op.add_column("servers", sa.Column("locked_reason", sa.Text(), nullable=True))
    op.add_column(
        "servers", sa.Column("other_flavor", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "servers",
        sa.Column(
            "kept", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
    )


def downgrade() -> None:

    op.drop_column("servers", "kept")
    op.drop_column("servers", "other_flavor")
    op.drop_column("servers", "locked_reason")
    op.drop_column("servers", "locked_by")
    op.drop_column("servers", "stood")
    op.drop_index(
        "moves_unconfirmed", table_name="moves", postgresql_where=sa.text("status = 'finished'")
    )
    op.drop_index("moves_server", table_name="moves")
    op.drop_index("moves_created", table_name="moves")
    op.drop_table("moves")
