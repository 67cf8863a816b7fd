"""Security groups, their rules, and the ports in them."""

import sqlalchemy as sa

from services.network.store.tables.base import metadata, named, projects, standard

security_groups = sa.Table(
    "security_groups",
    metadata,
    *named(),
    projects("shared_with"),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Index("security_groups_project", "project_id", "id"),
    sa.Index(
        "security_groups_one_default",
        "project_id",
        unique=True,
        postgresql_where=sa.text("is_default"),
    ),
)

security_group_rules = sa.Table(
    "security_group_rules",
    metadata,
    *standard(),
    sa.Column(
        "group_id",
        sa.Uuid,
        sa.ForeignKey("security_groups.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("ethertype", sa.Text, nullable=False),
    sa.Column("protocol", sa.Text),
    sa.Column("port_range_min", sa.Integer),
    sa.Column("port_range_max", sa.Integer),
    sa.Column("remote_ip_prefix", sa.Text),
    sa.Column("remote_group_id", sa.Uuid, sa.ForeignKey("security_groups.id", ondelete="CASCADE")),
    sa.Column("remote_address_group_id", sa.Uuid, sa.ForeignKey("address_groups.id")),
    sa.Column("of_default_group", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Index("security_group_rules_once", "group_id", "fingerprint", unique=True),
    sa.Index("security_group_rules_project", "project_id", "id"),
    sa.Index("security_group_rules_remote", "remote_group_id"),
    sa.Index("security_group_rules_addresses", "remote_address_group_id"),
)

# What new security groups begin with; the first four were written by a migration.
default_rules = sa.Table(
    "default_rules",
    metadata,
    *standard(),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("ethertype", sa.Text, nullable=False),
    sa.Column("protocol", sa.Text),
    sa.Column("port_range_min", sa.Integer),
    sa.Column("port_range_max", sa.Integer),
    sa.Column("remote_ip_prefix", sa.Text),
    sa.Column("among_members", sa.Boolean, nullable=False),
    sa.Column("remote_address_group_id", sa.Uuid, sa.ForeignKey("address_groups.id")),
    sa.Column("used_in_default_sg", sa.Boolean, nullable=False),
    sa.Column("used_in_non_default_sg", sa.Boolean, nullable=False),
)

port_groups = sa.Table(
    "port_groups",
    metadata,
    sa.Column("port_id", sa.Uuid, sa.ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("group_id", sa.Uuid, sa.ForeignKey("security_groups.id"), primary_key=True),
    sa.Index("port_groups_group", "group_id"),
)
