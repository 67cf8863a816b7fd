"""Know the agents of the clusters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# What everybody is told of clusters that were registered before; the next look at them corrects it.
TELL = """
    UPDATE clusters SET document = document || jsonb_build_object(
        'ext_provider', CASE document->>'disk_template' WHEN 'ext' THEN 'cyclades' END,
        'has_agent', false,
        'smallest_disk', 1024,
        'hotplug', document->>'hypervisor' = 'kvm')
"""


def upgrade() -> None:

    op.add_column("clusters", sa.Column("agent_url", sa.Text(), nullable=True))
    op.add_column("clusters", sa.Column("agent_sealed", sa.Text(), nullable=True))
    op.add_column("clusters", sa.Column("agent_ca_pem", sa.Text(), nullable=True))
    op.add_column(
        "clusters",
        sa.Column(
            "addresses",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )
    op.execute(TELL)


def downgrade() -> None:

    op.drop_column("clusters", "addresses")
    op.drop_column("clusters", "agent_ca_pem")
    op.drop_column("clusters", "agent_sealed")
    op.drop_column("clusters", "agent_url")
