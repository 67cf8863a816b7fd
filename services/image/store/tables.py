"""The image service's tables."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.idempotency import idempotency_table
from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)
idempotency = idempotency_table(metadata)

MOMENT = sa.DateTime(timezone=True)

images = sa.Table(
    "images",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("os_hidden", sa.Boolean, nullable=False),
    sa.Column("container_format", sa.Text),
    sa.Column("disk_format", sa.Text),
    sa.Column("min_disk", sa.Integer, nullable=False),
    sa.Column("min_ram", sa.Integer, nullable=False),
    sa.Column("tags", ARRAY(sa.Text), nullable=False),
    sa.Column("properties", JSONB, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("md5", sa.Text),
    sa.Column("sha512", sa.Text),
    sa.Column("virtual_size", sa.BigInteger),
    sa.Column("upload", sa.Uuid),  # names the file with the bytes, from their first on
    sa.Column("upload_seen_at", MOMENT),  # last sign of life of the process that receives them
    sa.Column("staged", JSONB(none_as_null=True)),  # what bytes that wait for their import are
    sa.Column("task", sa.Uuid),  # the import under way
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # as it is shown, JSON
)

ALIVE = sa.text("status <> 'deleted'")
sa.Index(
    "images_of_owner",
    images.c.owner,
    images.c.created_at.desc(),
    images.c.id.desc(),
    postgresql_where=ALIVE,
)
sa.Index(
    "images_by_visibility",
    images.c.visibility,
    images.c.created_at.desc(),
    images.c.id.desc(),
    postgresql_where=ALIVE,
)
sa.Index("images_newest", images.c.created_at.desc(), images.c.id.desc(), postgresql_where=ALIVE)
sa.Index("images_by_name", images.c.name, postgresql_where=ALIVE)
sa.Index(
    "images_arriving",
    images.c.upload_seen_at,
    postgresql_where=sa.text("status IN ('saving', 'uploading') AND staged IS NULL"),
)
sa.Index("images_deleted", images.c.updated_at, postgresql_where=sa.text("status = 'deleted'"))

members = sa.Table(
    "members",
    metadata,
    sa.Column(
        "image_id", sa.Uuid, sa.ForeignKey("images.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.Index("members_of_project", "member_id", "status"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("image_id", sa.Uuid, sa.ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("input", JSONB, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.Column("expires_at", MOMENT),
    sa.Index("tasks_of_image", "image_id"),
    sa.Index("tasks_newest", "created_at", "id"),
    sa.Index("tasks_expiry", "expires_at", postgresql_where=sa.text("expires_at IS NOT NULL")),
)

metadef_namespaces = sa.Table(
    "metadef_namespaces",
    metadata,
    sa.Column("namespace", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("display_name", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.Index("metadef_namespaces_newest", "created_at", "namespace"),
)

metadef_items = sa.Table(
    "metadef_items",
    metadata,
    sa.Column(
        "namespace",
        sa.Text,
        sa.ForeignKey("metadef_namespaces.namespace", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
    ),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.Index("metadef_items_by_kind", "kind", "name"),
)
