"""What projects may have: only what differs from the defaults is a row."""

import sqlalchemy as sa

from services.compute.store.tables.messaging import metadata

# Limit -1: as many as one likes.
quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("project_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True, server_default=""),  # "": the project's own
    sa.Column("resource", sa.Text, primary_key=True),  # instances, cores, ram, …
    sa.Column("limit", sa.BigInteger, nullable=False),
)

quota_classes = sa.Table(
    "quota_classes",
    metadata,
    sa.Column("class", sa.Text, primary_key=True, key="class_name"),  # "default"
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("limit", sa.BigInteger, nullable=False),
)
