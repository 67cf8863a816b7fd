"""Keep metadata definitions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "metadef_namespaces",
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("namespace"),
    )
    op.create_index(
        "metadef_namespaces_newest", "metadef_namespaces", ["created_at", "namespace"], unique=False
    )
    op.create_table(
        "metadef_items",
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace"], ["metadef_namespaces.namespace"], onupdate="CASCADE", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("namespace", "kind", "name"),
    )
    op.create_index("metadef_items_by_kind", "metadef_items", ["kind", "name"], unique=False)


def downgrade() -> None:

    op.drop_index("metadef_items_by_kind", table_name="metadef_items")
    op.drop_table("metadef_items")
    op.drop_index("metadef_namespaces_newest", table_name="metadef_namespaces")
    op.drop_table("metadef_namespaces")
