"""What others told: clusters and what their pools hold, images, servers."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.volume.store.tables.base import metadata, moment

clusters = sa.Table(
    "clusters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("document", JSONB, nullable=False),
    sa.Column("seen_at", moment, nullable=False, server_default=sa.func.now()),
)

pools = sa.Table(
    "pools",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),  # MiB
    sa.Column("free", sa.BigInteger, nullable=False),
    sa.Column("agent_version", sa.Text, nullable=False),
    sa.Column("seen_at", moment, nullable=False, server_default=sa.func.now()),
)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # image.image, compute.server
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("project_id", sa.Text),
    sa.Column("cluster", sa.Text),  # of servers
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False),
    sa.Column("document", JSONB, nullable=False),
    sa.Column("seen_at", moment, nullable=False, server_default=sa.func.now()),
    sa.Index(
        "resources_servers",
        "project_id",
        "cluster",
        postgresql_where=sa.text("kind = 'compute.server' AND NOT gone AND cluster IS NOT NULL"),
    ),
)

# What administrators decided about the volume service of a cluster.
service_states = sa.Table(
    "service_states",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("binary", sa.Text, primary_key=True),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("updated_at", moment, nullable=False, server_default=sa.func.now()),
)
