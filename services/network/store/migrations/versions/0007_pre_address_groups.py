"""Let rules speak of address groups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FOREIGN = "security_group_rules_remote_address_group_id_fkey"


def upgrade() -> None:

    op.create_table(
        "address_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "shared_with",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("addresses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("address_groups_project", "address_groups", ["project_id", "id"], unique=False)
    op.add_column(
        "ports",
        sa.Column(
            "propagate_uplink_status", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
    )
    op.add_column(
        "security_group_rules", sa.Column("remote_address_group_id", sa.Uuid(), nullable=True)
    )
    op.create_index(
        "security_group_rules_addresses",
        "security_group_rules",
        ["remote_address_group_id"],
        unique=False,
    )
    op.create_foreign_key(
        FOREIGN, "security_group_rules", "address_groups", ["remote_address_group_id"], ["id"]
    )
    # What is sent is stored: rows from before say what new ones say.
    op.execute(
        "UPDATE ports SET "
        """doc = left(doc, -1) || ',"propagate_uplink_status"\\:true}', """
        """admin_doc = left(admin_doc, -1) || ',"propagate_uplink_status"\\:true}'"""
    )
    for table in ("security_group_rules", "security_groups"):
        changes = ", ".join(
            f"""{doc} = replace({doc}, '"belongs_to_default_sg"\\:', """
            """'"remote_address_group_id"\\:null,"belongs_to_default_sg"\\:')"""
            for doc in ("doc", "admin_doc")
        )
        op.execute(f"UPDATE {table} SET {changes}")


def downgrade() -> None:

    op.drop_constraint(FOREIGN, "security_group_rules", type_="foreignkey")
    op.drop_index("security_group_rules_addresses", table_name="security_group_rules")
    op.drop_column("security_group_rules", "remote_address_group_id")
    op.drop_column("ports", "propagate_uplink_status")
    op.drop_index("address_groups_project", table_name="address_groups")
    op.drop_table("address_groups")
