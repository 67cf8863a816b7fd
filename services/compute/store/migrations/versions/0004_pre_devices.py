"""Keep volumes and floating addresses of servers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.add_column(
        "servers",
        sa.Column(
            "volumes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.add_column(
        "servers",
        sa.Column(
            "floating", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.create_index(
        "servers_floating",
        "servers",
        ["floating"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"floating": "jsonb_path_ops"},
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "servers_floating",
        table_name="servers",
        postgresql_using="gin",
        postgresql_ops={"floating": "jsonb_path_ops"},
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_column("servers", "floating")
    op.drop_column("servers", "volumes")
