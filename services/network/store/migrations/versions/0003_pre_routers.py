"""Add routers, floating IPs, subnet pools, address scopes and RBAC policies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "address_scopes",
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
        sa.Column(
            "shared_with",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("ip_version", sa.SmallInteger(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("address_scopes_project", "address_scopes", ["project_id", "id"], unique=False)
    op.create_table(
        "rbac_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_project", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "rbac_policies_once",
        "rbac_policies",
        ["object_id", "action", "target_project"],
        unique=True,
    )
    op.create_index("rbac_policies_project", "rbac_policies", ["project_id", "id"], unique=False)
    op.create_table(
        "subnet_pools",
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
        sa.Column(
            "shared_with",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("ip_version", sa.SmallInteger(), nullable=False),
        sa.Column("prefixes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("default_prefixlen", sa.SmallInteger(), nullable=False),
        sa.Column("min_prefixlen", sa.SmallInteger(), nullable=False),
        sa.Column("max_prefixlen", sa.SmallInteger(), nullable=False),
        sa.Column("default_quota", sa.Integer(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("address_scope_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_scope_id"],
            ["address_scopes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "subnet_pools_one_default",
        "subnet_pools",
        ["ip_version"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index("subnet_pools_project", "subnet_pools", ["project_id", "id"], unique=False)
    op.create_index("subnet_pools_scope", "subnet_pools", ["address_scope_id"], unique=False)
    op.create_table(
        "routers",
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
        sa.Column(
            "availability_zone_hints", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("routes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gateway_network_id", sa.Uuid(), nullable=True),
        sa.Column("gateway_port_id", sa.Uuid(), nullable=True),
        sa.Column("gateway_ips", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enable_snat", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway_network_id"],
            ["networks.id"],
        ),
        sa.ForeignKeyConstraint(
            ["gateway_port_id"],
            ["ports.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("routers_gateway", "routers", ["gateway_network_id"], unique=False)
    op.create_index("routers_project", "routers", ["project_id", "id"], unique=False)
    op.create_table(
        "floating_ips",
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
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("internal_port_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("port_id", sa.Uuid(), nullable=True),
        sa.Column("fixed_ip_address", sa.Text(), nullable=True),
        sa.Column("router_id", sa.Uuid(), nullable=True),
        sa.Column("port_details", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("server_id", sa.Text(), nullable=True),
        sa.Column("nic", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("dns_name", sa.Text(), nullable=False),
        sa.Column("dns_domain", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["internal_port_id"],
            ["ports.id"],
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
        ),
        sa.ForeignKeyConstraint(
            ["port_id"],
            ["ports.id"],
        ),
        sa.ForeignKeyConstraint(
            ["router_id"],
            ["routers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("internal_port_id"),
    )
    op.create_index("floating_ips_network", "floating_ips", ["network_id"], unique=False)
    op.create_index(
        "floating_ips_one_per_fixed_ip",
        "floating_ips",
        ["port_id", "fixed_ip_address", "network_id"],
        unique=True,
    )
    op.create_index("floating_ips_project", "floating_ips", ["project_id", "id"], unique=False)
    op.create_index("floating_ips_router", "floating_ips", ["router_id"], unique=False)
    op.create_index(
        "floating_ips_server",
        "floating_ips",
        ["server_id"],
        unique=False,
        postgresql_where=sa.text("server_id <> ''"),
    )
    op.add_column(
        "networks",
        sa.Column(
            "shared_with",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column(
        "networks",
        sa.Column(
            "external_to",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("networks", sa.Column("ipv4_address_scope", sa.Uuid(), nullable=True))
    op.add_column("networks", sa.Column("ipv6_address_scope", sa.Uuid(), nullable=True))
    op.add_column(
        "security_groups",
        sa.Column(
            "shared_with",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("subnets", sa.Column("subnetpool_id", sa.Uuid(), nullable=True))
    op.create_index("subnets_pool", "subnets", ["subnetpool_id"], unique=False)
    op.create_foreign_key(None, "subnets", "subnet_pools", ["subnetpool_id"], ["id"])
    # Networks and groups show more from now on: so do those that are there already.
    for document in ("doc", "admin_doc"):
        op.execute(
            f"UPDATE networks SET {document} = left({document}, -1) || "
            """',"ipv4_address_scope"\\:null,"ipv6_address_scope"\\:null}'"""
        )
        op.execute(
            f"UPDATE security_groups SET {document} = left({document}, -1) || "
            """',"shared"\\:false}'"""
        )


def downgrade() -> None:
    op.drop_index("subnets_pool", table_name="subnets")
    op.drop_column("subnets", "subnetpool_id")
    op.drop_column("security_groups", "shared_with")
    op.drop_column("networks", "ipv6_address_scope")
    op.drop_column("networks", "ipv4_address_scope")
    op.drop_column("networks", "external_to")
    op.drop_column("networks", "shared_with")
    op.drop_index(
        "floating_ips_server",
        table_name="floating_ips",
        postgresql_where=sa.text("server_id <> ''"),
    )
    op.drop_index("floating_ips_router", table_name="floating_ips")
    op.drop_index("floating_ips_project", table_name="floating_ips")
    op.drop_index("floating_ips_one_per_fixed_ip", table_name="floating_ips")
    op.drop_index("floating_ips_network", table_name="floating_ips")
    op.drop_table("floating_ips")
    op.drop_index("routers_project", table_name="routers")
    op.drop_index("routers_gateway", table_name="routers")
    op.drop_table("routers")
    op.drop_index("subnet_pools_scope", table_name="subnet_pools")
    op.drop_index("subnet_pools_project", table_name="subnet_pools")
    op.drop_index(
        "subnet_pools_one_default",
        table_name="subnet_pools",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("subnet_pools")
    op.drop_index("rbac_policies_project", table_name="rbac_policies")
    op.drop_index("rbac_policies_once", table_name="rbac_policies")
    op.drop_table("rbac_policies")
    op.drop_index("address_scopes_project", table_name="address_scopes")
    op.drop_table("address_scopes")
