"""Tell networks that administrators placed from those we placed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.add_column(
        "networks",
        sa.Column("is_placed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    # Only administrators make untagged networks; VLANs were given out by us until told otherwise.
    op.execute("UPDATE networks SET is_placed = true WHERE segmentation_id IS NULL")
    op.execute(
        "UPDATE networks SET admin_doc = regexp_replace(admin_doc, "
        """'"provider.physical_network"."[^"]*"', '"provider\\:physical_network"\\:null') """
        "WHERE NOT is_placed"
    )


def downgrade() -> None:

    op.drop_column("networks", "is_placed")
