"""Volumes, what is made of them, and who uses them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.volume.store.tables.base import LIVE, metadata, moment

volumes = sa.Table(
    "volumes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("size", sa.Integer, nullable=False),  # GiB
    sa.Column("growing_to", sa.Integer),  # GiB; counted already
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("status_before", sa.Text),  # of what is being done to it
    sa.Column("availability_zone", sa.Text, nullable=False),
    sa.Column("volume_type_id", sa.Uuid, sa.ForeignKey("volume_types.id"), nullable=False),
    sa.Column("metadata", JSONB, nullable=False, server_default="{}"),
    sa.Column("image_metadata", JSONB, nullable=False, server_default="{}"),
    sa.Column("bootable", sa.Boolean, nullable=False),
    sa.Column("multiattach", sa.Boolean, nullable=False),
    sa.Column("readonly", sa.Boolean),
    sa.Column("snapshot_id", sa.Uuid),  # what it was made from
    sa.Column("source_id", sa.Uuid),
    sa.Column("group_id", sa.Uuid),
    sa.Column("cluster", sa.Text),  # null: no storage was found or needed yet
    sa.Column("driver", sa.Text),
    sa.Column("disk_template", sa.Text),
    sa.Column("disk_uuid", sa.Text),  # Ganeti's, of a native volume that was attached once
    sa.Column("disk_nodes", JSONB, nullable=False, server_default="[]"),
    sa.Column("has_content", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("attachments", JSONB, nullable=False, server_default="[]"),  # as they are shown
    sa.Column("view", sa.LargeBinary),  # the stored answer, see rendering
    sa.Column("view_shape", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("updated_at", moment),
    sa.Column("deleted_at", moment),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index("volumes_of_project", "project_id", "created_at", "id", postgresql_where=LIVE),
    sa.Index("volumes_newest", "created_at", "id", postgresql_where=LIVE),
    sa.Index("volumes_of_type", "volume_type_id", postgresql_where=LIVE),
    sa.Index("volumes_from_snapshot", "snapshot_id", postgresql_where=LIVE),
    sa.Index("volumes_from_volume", "source_id", postgresql_where=LIVE),
    sa.Index("volumes_of_group", "group_id", postgresql_where=LIVE),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("volume_id", sa.Uuid, sa.ForeignKey("volumes.id"), nullable=False),
    sa.Column("volume_type_id", sa.Uuid, sa.ForeignKey("volume_types.id"), nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("size", sa.Integer, nullable=False),  # GiB
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("progress", sa.Text, nullable=False, server_default="0%"),
    sa.Column("metadata", JSONB, nullable=False, server_default="{}"),
    sa.Column("cluster", sa.Text),
    sa.Column("group_snapshot_id", sa.Uuid),  # the snapshot of a whole group it is part of
    sa.Column("created_at", moment, nullable=False),
    sa.Column("updated_at", moment),
    sa.Column("deleted_at", moment),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index("snapshots_of_project", "project_id", "created_at", "id", postgresql_where=LIVE),
    sa.Index("snapshots_newest", "created_at", "id", postgresql_where=LIVE),
    sa.Index("snapshots_of_volume", "volume_id", postgresql_where=LIVE),
    sa.Index("snapshots_of_group_snapshot", "group_snapshot_id", postgresql_where=LIVE),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("volume_id", sa.Uuid, sa.ForeignKey("volumes.id"), nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("server_id", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("by_service", sa.Boolean, nullable=False),  # compute made it: its own to end
    sa.Column("host", sa.Text),
    sa.Column("instance", sa.Text),  # Ganeti's name of the server
    sa.Column("mountpoint", sa.Text),
    sa.Column("connector", JSONB, nullable=False, server_default="{}"),
    sa.Column("connection", JSONB, nullable=False, server_default="{}"),
    sa.Column("seen_sequence", sa.BigInteger),  # of the observation that showed the disk
    sa.Column("created_at", moment, nullable=False),
    sa.Column("attached_at", moment),
    sa.Column("detached_at", moment),
    sa.Index("attachments_of_volume", "volume_id", postgresql_where=sa.text("detached_at IS NULL")),
    sa.Index(
        "attachments_of_project",
        "project_id",
        "created_at",
        postgresql_where=sa.text("detached_at IS NULL"),
    ),
    sa.Index(
        "attachments_of_instance", "instance", postgresql_where=sa.text("detached_at IS NULL")
    ),
)

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("volume_id", sa.Uuid, sa.ForeignKey("volumes.id"), nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),  # who offers the volume
    sa.Column("name", sa.Text),
    sa.Column("key_digest", sa.Text, nullable=False),
    sa.Column("no_snapshots", sa.Boolean, nullable=False),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("ended_at", moment),
    sa.Column("taken_by", sa.Text),  # the project that accepted it, if one did
    sa.Index(
        "transfers_of_volume",
        "volume_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "transfers_of_project",
        "project_id",
        "created_at",
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("resource_type", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Uuid, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("created_at", moment, nullable=False),
    sa.Column("expires_at", moment, nullable=False),
    sa.Index("messages_of_project", "project_id", "created_at"),
    sa.Index("messages_expiry", "expires_at"),
)
