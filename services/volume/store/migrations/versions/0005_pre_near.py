"""Remember where servers are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERVERS = sa.text("kind = 'compute.server' AND NOT gone AND cluster IS NOT NULL")


def upgrade() -> None:

    op.add_column("resources", sa.Column("cluster", sa.Text(), nullable=True))
    op.create_index(
        "resources_servers", "resources", ["project_id", "cluster"], postgresql_where=SERVERS
    )


def downgrade() -> None:

    op.drop_index("resources_servers", table_name="resources", postgresql_where=SERVERS)
    op.drop_column("resources", "cluster")
