"""Create networks, subnets, ports, security groups, quotas, and what is known of clusters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cluster_subnets",
        sa.Column("subnet_id", sa.Uuid(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ganeti_network", sa.Text(), nullable=False),
        sa.Column("groups", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("vlan", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("subnet_id", "cluster"),
    )
    op.create_index("cluster_subnets_cluster", "cluster_subnets", ["cluster"], unique=False)
    op.create_table(
        "clusters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("availability_zone", sa.Text(), nullable=False),
        sa.Column("groups", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "instances",
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cluster", "name"),
    )
    op.create_table(
        "networks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("mtu", sa.Integer(), nullable=False),
        sa.Column("dns_domain", sa.Text(), nullable=False),
        sa.Column(
            "availability_zone_hints", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("network_type", sa.Text(), nullable=False),
        sa.Column("physical_network", sa.Text(), nullable=False),
        sa.Column("segmentation_id", sa.Integer(), nullable=True),
        sa.Column("subnet_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "networks_one_flat",
        "networks",
        ["physical_network"],
        unique=True,
        postgresql_where=sa.text("segmentation_id IS NULL"),
    )
    op.create_index(
        "networks_one_per_vlan",
        "networks",
        ["physical_network", "segmentation_id"],
        unique=True,
        postgresql_where=sa.text("segmentation_id IS NOT NULL"),
    )
    op.create_index("networks_project", "networks", ["project_id", "id"], unique=False)
    op.create_index(
        "networks_visible_to_all",
        "networks",
        ["id"],
        unique=False,
        postgresql_where=sa.text("shared OR external"),
    )
    op.create_table(
        "quotas",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "resource"),
    )
    op.create_table(
        "security_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "security_groups_one_default",
        "security_groups",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "security_groups_project", "security_groups", ["project_id", "id"], unique=False
    )
    op.create_table(
        "ports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("network_id", sa.Uuid(), nullable=False),
        sa.Column("mac_address", sa.Text(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("device_owner", sa.Text(), nullable=False),
        sa.Column("made_by_service", sa.Boolean(), nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("fixed_ips", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("security_groups", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("allowed_address_pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("extra_dhcp_opts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dns_name", sa.Text(), nullable=False),
        sa.Column("dns_domain", sa.Text(), nullable=False),
        sa.Column("dns_suffix", sa.Text(), nullable=False),
        sa.Column("vnic_type", sa.Text(), nullable=False),
        sa.Column("host_id", sa.Text(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vif_type", sa.Text(), nullable=False),
        sa.Column("vif_details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ports_device",
        "ports",
        ["device_id"],
        unique=False,
        postgresql_where=sa.text("device_id <> ''"),
    )
    op.create_index("ports_network_mac", "ports", ["network_id", "mac_address"], unique=True)
    op.create_index("ports_project", "ports", ["project_id", "id"], unique=False)
    op.create_index(
        "ports_unplugged",
        "ports",
        ["host_id"],
        unique=False,
        postgresql_where=sa.text("host_id <> '' AND vif_type = 'unbound'"),
    )
    op.create_table(
        "security_group_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("ethertype", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=True),
        sa.Column("port_range_min", sa.Integer(), nullable=True),
        sa.Column("port_range_max", sa.Integer(), nullable=True),
        sa.Column("remote_ip_prefix", sa.Text(), nullable=True),
        sa.Column("remote_group_id", sa.Uuid(), nullable=True),
        sa.Column("of_default_group", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["security_groups.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["remote_group_id"], ["security_groups.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "security_group_rules_once",
        "security_group_rules",
        ["group_id", "fingerprint"],
        unique=True,
    )
    op.create_index(
        "security_group_rules_project", "security_group_rules", ["project_id", "id"], unique=False
    )
    op.create_index(
        "security_group_rules_remote", "security_group_rules", ["remote_group_id"], unique=False
    )
    op.create_table(
        "subnets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("network_id", sa.Uuid(), nullable=False),
        sa.Column("ip_version", sa.SmallInteger(), nullable=False),
        sa.Column("cidr", sa.Text(), nullable=False),
        sa.Column("gateway_ip", sa.Text(), nullable=True),
        sa.Column("allocation_pools", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dns_nameservers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("host_routes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enable_dhcp", sa.Boolean(), nullable=False),
        sa.Column("ipv6_ra_mode", sa.Text(), nullable=True),
        sa.Column("ipv6_address_mode", sa.Text(), nullable=True),
        sa.Column("service_types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dns_publish_fixed_ip", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("subnets_network", "subnets", ["network_id"], unique=False)
    op.create_index("subnets_project", "subnets", ["project_id", "id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("subnet_id", sa.Uuid(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("port_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(
            ["subnet_id"],
            ["subnets.id"],
        ),
        sa.PrimaryKeyConstraint("subnet_id", "address"),
    )
    op.create_index("addresses_address", "addresses", ["address"], unique=False)
    op.create_index("addresses_port", "addresses", ["port_id"], unique=False)
    op.create_table(
        "free_ranges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subnet_id", sa.Uuid(), nullable=False),
        sa.Column("first", postgresql.INET(), nullable=False),
        sa.Column("last", postgresql.INET(), nullable=False),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("free_ranges_subnet", "free_ranges", ["subnet_id", "first"], unique=False)
    op.create_table(
        "port_groups",
        sa.Column("port_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["security_groups.id"],
        ),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("port_id", "group_id"),
    )
    op.create_index("port_groups_group", "port_groups", ["group_id"], unique=False)


def downgrade() -> None:
    op.drop_index("port_groups_group", table_name="port_groups")
    op.drop_table("port_groups")
    op.drop_index("free_ranges_subnet", table_name="free_ranges")
    op.drop_table("free_ranges")
    op.drop_index("addresses_port", table_name="addresses")
    op.drop_index("addresses_address", table_name="addresses")
    op.drop_table("addresses")
    op.drop_index("subnets_project", table_name="subnets")
    op.drop_index("subnets_network", table_name="subnets")
    op.drop_table("subnets")
    op.drop_index("security_group_rules_remote", table_name="security_group_rules")
    op.drop_index("security_group_rules_project", table_name="security_group_rules")
    op.drop_index("security_group_rules_once", table_name="security_group_rules")
    op.drop_table("security_group_rules")
    op.drop_index(
        "ports_unplugged",
        table_name="ports",
        postgresql_where=sa.text("host_id <> '' AND vif_type = 'unbound'"),
    )
    op.drop_index("ports_project", table_name="ports")
    op.drop_index("ports_network_mac", table_name="ports")
    op.drop_index("ports_device", table_name="ports", postgresql_where=sa.text("device_id <> ''"))
    op.drop_table("ports")
    op.drop_index("security_groups_project", table_name="security_groups")
    op.drop_index(
        "security_groups_one_default",
        table_name="security_groups",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("security_groups")
    op.drop_table("quotas")
    op.drop_index(
        "networks_visible_to_all",
        table_name="networks",
        postgresql_where=sa.text("shared OR external"),
    )
    op.drop_index("networks_project", table_name="networks")
    op.drop_index(
        "networks_one_per_vlan",
        table_name="networks",
        postgresql_where=sa.text("segmentation_id IS NOT NULL"),
    )
    op.drop_index(
        "networks_one_flat",
        table_name="networks",
        postgresql_where=sa.text("segmentation_id IS NULL"),
    )
    op.drop_table("networks")
    op.drop_table("instances")
    op.drop_table("clusters")
    op.drop_index("cluster_subnets_cluster", table_name="cluster_subnets")
    op.drop_table("cluster_subnets")
