"""Networks, subnets, ports, their addresses, and what connects them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET, JSONB

from services.network.store.tables.base import metadata, named, projects, standard

networks = sa.Table(
    "networks",
    metadata,
    *named(),
    projects("shared_with"),
    projects("external_to"),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("external", sa.Boolean, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("port_security_enabled", sa.Boolean, nullable=False),
    sa.Column("mtu", sa.Integer, nullable=False),
    sa.Column("dns_domain", sa.Text, nullable=False),
    sa.Column("availability_zone_hints", JSONB, nullable=False),
    sa.Column("network_type", sa.Text, nullable=False),
    sa.Column("physical_network", sa.Text, nullable=False),
    sa.Column("segmentation_id", sa.Integer),
    sa.Column("is_placed", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("subnet_ids", JSONB, nullable=False),
    sa.Column("ipv4_address_scope", sa.Uuid),
    sa.Column("ipv6_address_scope", sa.Uuid),
    sa.Index("networks_project", "project_id", "id"),
    sa.Index("networks_shared_with", "shared_with", postgresql_using="gin"),
    sa.Index("networks_external_to", "external_to", postgresql_using="gin"),
    sa.Index("networks_visible_to_all", "id", postgresql_where=sa.text("shared OR external")),
    sa.Index(
        "networks_one_per_vlan",
        "physical_network",
        "segmentation_id",
        unique=True,
        postgresql_where=sa.text("segmentation_id IS NOT NULL"),
    ),
    sa.Index(
        "networks_one_flat",
        "physical_network",
        unique=True,
        postgresql_where=sa.text("segmentation_id IS NULL"),
    ),
)

# Ranges of addresses that may be shared: two subnets of one scope never overlap.
address_scopes = sa.Table(
    "address_scopes",
    metadata,
    *named(),
    projects("shared_with"),
    sa.Column("ip_version", sa.SmallInteger, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Index("address_scopes_project", "project_id", "id"),
)

# Named sets of ranges that rules of security groups speak of.
address_groups = sa.Table(
    "address_groups",
    metadata,
    *named(),
    projects("shared_with"),
    sa.Column("addresses", JSONB, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Index("address_groups_project", "project_id", "id"),
)

# What subnets may be cut from.
subnet_pools = sa.Table(
    "subnet_pools",
    metadata,
    *named(),
    projects("shared_with"),
    sa.Column("ip_version", sa.SmallInteger, nullable=False),
    sa.Column("prefixes", JSONB, nullable=False),
    sa.Column("default_prefixlen", sa.SmallInteger, nullable=False),
    sa.Column("min_prefixlen", sa.SmallInteger, nullable=False),
    sa.Column("max_prefixlen", sa.SmallInteger, nullable=False),
    sa.Column("default_quota", sa.Integer),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("address_scope_id", sa.Uuid, sa.ForeignKey("address_scopes.id")),
    sa.Index("subnet_pools_project", "project_id", "id"),
    sa.Index("subnet_pools_scope", "address_scope_id"),
    sa.Index(
        "subnet_pools_one_default",
        "ip_version",
        unique=True,
        postgresql_where=sa.text("is_default"),
    ),
)

subnets = sa.Table(
    "subnets",
    metadata,
    *named(),
    sa.Column("network_id", sa.Uuid, sa.ForeignKey("networks.id"), nullable=False),
    sa.Column("subnetpool_id", sa.Uuid, sa.ForeignKey("subnet_pools.id")),
    sa.Column("ip_version", sa.SmallInteger, nullable=False),
    sa.Column("cidr", sa.Text, nullable=False),
    sa.Column("gateway_ip", sa.Text),
    sa.Column("allocation_pools", JSONB, nullable=False),
    sa.Column("dns_nameservers", JSONB, nullable=False),
    sa.Column("host_routes", JSONB, nullable=False),
    sa.Column("enable_dhcp", sa.Boolean, nullable=False),
    sa.Column("ipv6_ra_mode", sa.Text),
    sa.Column("ipv6_address_mode", sa.Text),
    sa.Column("service_types", JSONB, nullable=False),
    sa.Column("dns_publish_fixed_ip", sa.Boolean, nullable=False),
    sa.Index("subnets_project", "project_id", "id"),
    sa.Index("subnets_network", "network_id"),
    sa.Index("subnets_pool", "subnetpool_id"),
)

ports = sa.Table(
    "ports",
    metadata,
    *named(),
    sa.Column("network_id", sa.Uuid, sa.ForeignKey("networks.id"), nullable=False),
    sa.Column("mac_address", sa.Text, nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("device_owner", sa.Text, nullable=False),
    sa.Column("made_by_service", sa.Boolean, nullable=False),
    sa.Column("port_security_enabled", sa.Boolean, nullable=False),
    sa.Column("fixed_ips", JSONB, nullable=False),
    sa.Column("security_groups", JSONB, nullable=False),
    sa.Column("allowed_address_pairs", JSONB, nullable=False),
    sa.Column("extra_dhcp_opts", JSONB, nullable=False),
    sa.Column("dns_name", sa.Text, nullable=False),
    sa.Column("dns_domain", sa.Text, nullable=False),
    sa.Column("dns_suffix", sa.Text, nullable=False),
    sa.Column(
        "propagate_uplink_status", sa.Boolean, nullable=False, server_default=sa.text("true")
    ),
    sa.Column("vnic_type", sa.Text, nullable=False),
    sa.Column("host_id", sa.Text, nullable=False),
    sa.Column("profile", JSONB, nullable=False),
    sa.Column("vif_type", sa.Text, nullable=False),
    sa.Column("vif_details", JSONB, nullable=False),
    sa.Index("ports_project", "project_id", "id"),
    sa.Index("ports_network_mac", "network_id", "mac_address", unique=True),
    sa.Index("ports_device", "device_id", postgresql_where=sa.text("device_id <> ''")),
    sa.Index(
        "ports_unplugged",
        "host_id",
        postgresql_where=sa.text("host_id <> '' AND vif_type = 'unbound'"),
    ),
)

# What a port has of a subnet: the primary key is the whole of address management's safety. An
# address without a port is reserved for somebody outside the cloud, see ``reservations``.
addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("subnet_id", sa.Uuid, sa.ForeignKey("subnets.id"), primary_key=True),
    sa.Column("address", INET, primary_key=True),
    sa.Column(
        "port_id",
        sa.Uuid,
        sa.ForeignKey("ports.id", deferrable=True, initially="DEFERRED"),
    ),
    sa.Index("addresses_port", "port_id"),
    sa.Index("addresses_address", "address"),
)

# Addresses that administrators of clusters reserved in Ganeti: they are given to no port.
reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column(
        "subnet_id",
        sa.Uuid,
        sa.ForeignKey("subnets.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("address", INET, primary_key=True),
    sa.Column("cluster", sa.Text, primary_key=True),
    sa.Index("reservations_of_cluster", "cluster"),
)

# Where to look for a free address, so that nobody scans: a hint, ``addresses`` decides.
free_ranges = sa.Table(
    "free_ranges",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column(
        "subnet_id", sa.Uuid, sa.ForeignKey("subnets.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("first", INET, nullable=False),
    sa.Column("last", INET, nullable=False),
    sa.Index("free_ranges_of_subnet", "subnet_id"),
    sa.Index(
        "free_ranges_left",
        "subnet_id",
        "first",
        postgresql_where=sa.text("first <= last"),
    ),
)

routers = sa.Table(
    "routers",
    metadata,
    *named(),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("availability_zone_hints", JSONB, nullable=False),
    sa.Column("routes", JSONB, nullable=False),
    sa.Column("gateway_network_id", sa.Uuid, sa.ForeignKey("networks.id")),
    sa.Column("gateway_port_id", sa.Uuid, sa.ForeignKey("ports.id")),
    sa.Column("gateway_ips", JSONB, nullable=False),
    sa.Column("enable_snat", sa.Boolean, nullable=False),
    sa.Index("routers_project", "project_id", "id"),
    sa.Index("routers_gateway", "gateway_network_id"),
)

# ``port_id`` is whose address is reached; ``internal_port_id`` holds the address itself.
floating_ips = sa.Table(
    "floating_ips",
    metadata,
    *named(),
    sa.Column("network_id", sa.Uuid, sa.ForeignKey("networks.id"), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("internal_port_id", sa.Uuid, sa.ForeignKey("ports.id"), nullable=False, unique=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("port_id", sa.Uuid, sa.ForeignKey("ports.id")),
    sa.Column("fixed_ip_address", sa.Text),
    sa.Column("router_id", sa.Uuid, sa.ForeignKey("routers.id")),
    sa.Column("port_details", JSONB),
    sa.Column("server_id", sa.Text),
    sa.Column("nic", JSONB),
    sa.Column("dns_name", sa.Text, nullable=False),
    sa.Column("dns_domain", sa.Text, nullable=False),
    sa.Column("port_forwardings", JSONB, nullable=False, server_default="[]"),
    sa.Index("floating_ips_project", "project_id", "id"),
    sa.Index("floating_ips_network", "network_id"),
    sa.Index("floating_ips_router", "router_id"),
    sa.Index("floating_ips_server", "server_id", postgresql_where=sa.text("server_id <> ''")),
    sa.Index(
        "floating_ips_forwarding",
        "id",
        postgresql_where=sa.text("port_forwardings <> '[]'::jsonb"),
    ),
    sa.Index(
        "floating_ips_one_per_fixed_ip", "port_id", "fixed_ip_address", "network_id", unique=True
    ),
)

# Who else may see what; what is shared has the projects in its own row, too.
rbac_policies = sa.Table(
    "rbac_policies",
    metadata,
    *standard(),
    sa.Column("object_type", sa.Text, nullable=False),
    sa.Column("object_id", sa.Uuid, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target_project", sa.Text, nullable=False),
    sa.Index("rbac_policies_project", "project_id", "id"),
    sa.Index("rbac_policies_once", "object_id", "action", "target_project", unique=True),
)
