"""Let administrators say what new security groups begin with."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PREFIX = "7b0c4a1e-2f53-4d0a-9d6c-0000000000c"  # and a digit
# Direction, ethertype, whether only among the members of the group: then for default groups.
FIRST = (
    ("egress", "IPv4", False),
    ("egress", "IPv6", False),
    ("ingress", "IPv4", True),
    ("ingress", "IPv6", True),
)


def upgrade() -> None:

    op.create_table(
        "default_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("admin_doc", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("ethertype", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=True),
        sa.Column("port_range_min", sa.Integer(), nullable=True),
        sa.Column("port_range_max", sa.Integer(), nullable=True),
        sa.Column("remote_ip_prefix", sa.Text(), nullable=True),
        sa.Column("among_members", sa.Boolean(), nullable=False),
        sa.Column("remote_address_group_id", sa.Uuid(), nullable=True),
        sa.Column("used_in_default_sg", sa.Boolean(), nullable=False),
        sa.Column("used_in_non_default_sg", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remote_address_group_id"],
            ["address_groups.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    for number, (direction, ethertype, among_members) in enumerate(FIRST, start=1):
        op.execute(_insert(f"{PREFIX}{number}", direction, ethertype, among_members))


def _insert(ident: str, direction: str, ethertype: str, among_members: bool) -> sa.Insert:
    """Return the statement that writes what groups began with until now, and what is sent of it."""
    shown = {
        "id": ident,
        "description": "",
        "direction": direction,
        "ethertype": ethertype,
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_group_id": "PARENT" if among_members else None,
        "remote_address_group_id": None,
        "used_in_default_sg": True,
        "used_in_non_default_sg": not among_members,
    }
    document = json.dumps(shown, separators=(",", ":"))
    kept = ("id", "description", "direction", "ethertype", "used_in_default_sg")
    values: dict[str, Any] = {name: shown[name] for name in (*kept, "used_in_non_default_sg")}
    values |= {"among_members": among_members, "project_id": "", "revision": 0}
    values |= {"doc": document, "admin_doc": document}
    values |= {name: sa.func.now() for name in ("created_at", "updated_at")}
    types: dict[str, Any] = {
        name: sa.Boolean for name in values if name.startswith(("used_", "among_"))
    }
    types |= {"id": sa.Uuid(as_uuid=False), "revision": sa.Integer}
    columns = (sa.column(name, types.get(name, sa.Text)) for name in values)
    return sa.insert(sa.table("default_rules", *columns)).values(values)


def downgrade() -> None:

    op.drop_table("default_rules")
