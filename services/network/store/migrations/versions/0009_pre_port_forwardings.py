"""Let single ports of floating IPs lead somewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.add_column(
        "floating_ips",
        sa.Column(
            "port_forwardings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.create_index(
        "floating_ips_forwarding",
        "floating_ips",
        ["id"],
        unique=False,
        postgresql_where=sa.text("port_forwardings <> '[]'::jsonb"),
    )
    # What is sent is stored: floating IPs from before say that they forward nothing.
    op.execute(
        "UPDATE floating_ips SET "
        """doc = left(doc, -1) || ',"port_forwardings"\\:[]}', """
        """admin_doc = left(admin_doc, -1) || ',"port_forwardings"\\:[]}'"""
    )


def downgrade() -> None:

    op.drop_index(
        "floating_ips_forwarding",
        table_name="floating_ips",
        postgresql_where=sa.text("port_forwardings <> '[]'::jsonb"),
    )
    op.drop_column("floating_ips", "port_forwardings")
