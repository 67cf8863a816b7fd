"""Limits, and what is known of clusters and their instances."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.network.store.tables.base import metadata

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("limit", sa.Integer, nullable=False),
)

# A projection of the gateway's clusters.
clusters = sa.Table(
    "clusters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.Column("availability_zone", sa.Text, nullable=False),
    sa.Column("groups", JSONB, nullable=False),
    sa.Column("links", JSONB, nullable=False),
)

# Which subnets exist on which clusters. A row outlives its subnet until Ganeti has no trace of it.
cluster_subnets = sa.Table(
    "cluster_subnets",
    metadata,
    sa.Column("subnet_id", sa.Uuid, primary_key=True),
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ganeti_network", sa.Text, nullable=False),
    sa.Column("groups", JSONB, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("vlan", sa.Text),
    sa.Index("cluster_subnets_cluster", "cluster"),
)

# The last news of each instance that was taken in: older news is dropped.
instances = sa.Table(
    "instances",
    metadata,
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
