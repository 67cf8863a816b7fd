"""Servers, what was done to them, and what they keep to themselves."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.store.tables.messaging import happened, metadata, moment

LIVE = sa.text("deleted_at IS NULL")
NEVER = 2**63 - 1  # a version that no cluster's capacity reaches

servers = sa.Table(
    "servers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hostname", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    # Where it stands: these three are its state, all that clients see of it is derived.
    sa.Column("vm_state", sa.Text, nullable=False),
    sa.Column("action", sa.Text),  # null: idle
    sa.Column("phase", sa.Text),  # of a long action, e.g. networking
    sa.Column("stood", sa.Text),  # vm_state before an action that can be taken back
    sa.Column("locked_by", sa.Text),  # owner, admin
    sa.Column("locked_reason", sa.Text),
    sa.Column("power_state", sa.SmallInteger, nullable=False, server_default="0"),
    # Derived, for filters.
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("task_state", sa.Text),
    sa.Column("visible", sa.Boolean, nullable=False, server_default="true"),
    # What it is made of.
    sa.Column("flavor_id", sa.Text, nullable=False),
    sa.Column("flavor", JSONB, nullable=False),  # as it was when the server was made
    sa.Column("other_flavor", JSONB),  # the one it leaves, or is to get, by a resize
    sa.Column("kept", JSONB, nullable=False, server_default="{}"),  # to be put back in Ganeti
    # Of two flavors the larger.
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("ram", sa.Integer, nullable=False),  # MiB
    sa.Column("disk", sa.Integer, nullable=False),  # GiB
    sa.Column("image_id", sa.Uuid),
    sa.Column("key_name", sa.Text),
    sa.Column("metadata", JSONB, nullable=False, server_default="{}", key="details"),
    sa.Column("tags", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("requested_networks", JSONB, nullable=False, server_default="[]"),
    sa.Column("nics", JSONB, nullable=False, server_default="[]"),
    sa.Column("volumes", JSONB, nullable=False, server_default="[]"),  # see domain/devices.py
    sa.Column("local_disks", JSONB, nullable=False, server_default="[]"),  # but the root
    sa.Column("floating", JSONB, nullable=False, server_default="[]"),
    sa.Column("security_groups", JSONB, nullable=False, server_default="[]"),  # [{id, name}]
    sa.Column("access_ip_v4", sa.Text),
    sa.Column("access_ip_v6", sa.Text),
    sa.Column("config_drive", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("disk_config", sa.Text, nullable=False, server_default="MANUAL"),
    sa.Column("reservation_id", sa.Text, nullable=False),
    sa.Column("launch_index", sa.Integer, nullable=False, server_default="0"),
    sa.Column("group_id", sa.Uuid),
    sa.Column("hints", JSONB, nullable=False, server_default="{}"),  # what placement was told
    # Where it is.
    sa.Column("availability_zone", sa.Text),
    sa.Column("pinned_zone", sa.Text),  # asked for by its user
    sa.Column("pinned_node", sa.Text),  # asked for by an administrator
    sa.Column("cluster", sa.Text),
    sa.Column("node", sa.Text),
    # From this version of its cluster's capacity on, the server is counted in it.
    sa.Column("counted_from", sa.BigInteger),
    sa.Column("last_job", sa.BigInteger),  # the Ganeti job that ended its last action
    sa.Column("fault", JSONB(none_as_null=True)),  # rows of old hold JSON's null
    happened("created_at"),
    happened("updated_at"),
    moment("launched_at"),
    moment("terminated_at"),
    moment("deleted_at"),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    # The answers: rendered when the row changes (see store/servers.py).
    sa.Column("view_min", sa.LargeBinary, nullable=False),
    sa.Column("view_max", sa.LargeBinary, nullable=False),
    sa.Column("admin_min", sa.LargeBinary, nullable=False),
    sa.Column("admin_max", sa.LargeBinary, nullable=False),
    sa.Index(
        "servers_project",
        "project_id",
        "created_at",
        "id",
        postgresql_include=["user_id", "vcpus", "ram"],  # counted without a look at the rows
        postgresql_where=LIVE,
    ),
    sa.Index("servers_created", "created_at", "id", postgresql_where=LIVE),
    sa.Index("servers_updated", "project_id", "updated_at"),
    sa.Index("servers_cluster", "cluster", "node", postgresql_where=LIVE),
    # What is not counted in its cluster's capacity yet (see store/capacity.py).
    sa.Index(
        "servers_promised",
        "cluster",
        sa.text(f"coalesce(counted_from, {NEVER})"),
        postgresql_where=LIVE,
    ),
    sa.Index("servers_group", "group_id", postgresql_where=LIVE),
    sa.Index("servers_user", "user_id", postgresql_where=LIVE),
    sa.Index("servers_reservation", "reservation_id"),
    sa.Index("servers_acting", "updated_at", postgresql_where=sa.text("action IS NOT NULL")),
    sa.Index(
        "servers_nics",
        "nics",
        postgresql_using="gin",
        postgresql_ops={"nics": "jsonb_path_ops"},
        postgresql_where=LIVE,
    ),
    sa.Index(
        "servers_floating",
        "floating",
        postgresql_using="gin",
        postgresql_ops={"floating": "jsonb_path_ops"},
        postgresql_where=LIVE,
    ),
    postgresql_with={"toast_tuple_target": "8160"},  # the answers stay in the row: no second look
)

server_actions = sa.Table(
    "server_actions",
    metadata,
    sa.Column("server_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column("events", JSONB, nullable=False, server_default="[]"),  # one per opcode of a job
    happened("started_at"),
    happened("updated_at"),
    sa.Index("server_actions_started", "server_id", "started_at"),
)

# What a guest is to be given; sealed, and deleted with the server.
server_secrets = sa.Table(
    "server_secrets",
    metadata,
    sa.Column("server_id", sa.Uuid, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)
