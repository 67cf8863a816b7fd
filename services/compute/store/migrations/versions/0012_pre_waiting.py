"""Remember where volumes are that servers could have."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAITING = sa.text(
    "kind = 'volume.volume' AND NOT gone AND cluster IS NOT NULL "
    "AND (document ->> 'status') = 'available'"
)


def upgrade() -> None:

    op.add_column("resources", sa.Column("cluster", sa.Text(), nullable=True))
    op.create_index(
        "resources_waiting", "resources", ["project_id", "cluster"], postgresql_where=WAITING
    )


def downgrade() -> None:

    op.drop_index("resources_waiting", table_name="resources", postgresql_where=WAITING)
    op.drop_column("resources", "cluster")
