"""Groups of volumes, their types, and snapshots of them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.volume.store.tables.base import LIVE, metadata, moment

group_types = sa.Table(
    "group_types",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("group_specs", JSONB, nullable=False, server_default="{}"),
    sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
)


def _whole() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment),
        sa.Column("deleted_at", moment),
        sa.Column("version", sa.BigInteger, nullable=False),
    ]


# A type's id stays in groups that are gone, so it is no foreign key.
groups = sa.Table(
    "groups",
    metadata,
    *_whole(),
    sa.Column("availability_zone", sa.Text, nullable=False),
    sa.Column("group_type_id", sa.Uuid, nullable=False),
    sa.Column("volume_types", JSONB, nullable=False),
    sa.Column("group_snapshot_id", sa.Uuid),  # what it was made from
    sa.Column("source_group_id", sa.Uuid),
    sa.Index("groups_of_project", "project_id", "created_at", "id", postgresql_where=LIVE),
    sa.Index("groups_of_type", "group_type_id", postgresql_where=LIVE),
)

group_snapshots = sa.Table(
    "group_snapshots",
    metadata,
    *_whole(),
    sa.Column("group_id", sa.Uuid, sa.ForeignKey("groups.id"), nullable=False),
    sa.Column("group_type_id", sa.Uuid, nullable=False),
    sa.Index("group_snapshots_of_project", "project_id", "created_at", postgresql_where=LIVE),
    sa.Index("group_snapshots_of_group", "group_id", postgresql_where=LIVE),
)
