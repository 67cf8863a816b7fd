"""What compute remembers of others: clusters, instances, and its neighbours' resources."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.store.tables.messaging import happened, metadata

clusters = sa.Table(
    "clusters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("availability_zone", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),  # shared.contracts.gateway.Cluster
    happened("seen_at"),
)

instances = sa.Table(
    "instances",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("server_id", sa.Uuid, nullable=False),  # as its name says
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("fact", JSONB, nullable=False),  # the newest InstanceObserved
    happened("seen_at"),
    sa.Index("instances_server", "server_id"),
    sa.Index("instances_seen", "seen_at"),
)

# Images, networks, subnets, ports, security groups, volumes, as their owners told; what is gone
# stays, so that late news cannot bring it back.
resources = sa.Table(
    "resources",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # image.image, network.port, …
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("project_id", sa.Text),
    sa.Column("cluster", sa.Text),  # of volumes
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("document", JSONB, nullable=False),
    happened("seen_at"),
    sa.Index("resources_project", "kind", "project_id", postgresql_where=sa.text("NOT gone")),
    sa.Index(
        "resources_device",
        sa.text("(document ->> 'device_id')"),
        postgresql_where=sa.text("kind = 'network.port' AND NOT gone"),
    ),
    sa.Index(
        "resources_waiting",  # volumes that a server could have
        "project_id",
        "cluster",
        postgresql_where=sa.text(
            "kind = 'volume.volume' AND NOT gone AND cluster IS NOT NULL "
            "AND (document ->> 'status') = 'available'"
        ),
    ),
    sa.Index("resources_gone", "seen_at", postgresql_where=sa.text("gone")),
)
