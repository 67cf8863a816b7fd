"""What all tables of the network service are made with."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.drifts import drift_table
from shared.db.idempotency import idempotency_table
from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)
idempotency = idempotency_table(metadata)
drifts = drift_table(metadata)


def standard() -> list[sa.Column[object]]:
    """What every resource has."""
    moment = sa.DateTime(timezone=True)
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
        sa.Column("admin_doc", sa.Text, nullable=False),
    ]


def named() -> list[sa.Column[object]]:
    """The same, and a name."""
    return [
        *standard(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tags", JSONB, nullable=False),
    ]


def projects(name: str) -> sa.Column[object]:
    """A list of projects that may see the row, kept beside the RBAC policies that say so."""
    return sa.Column(name, JSONB, nullable=False, server_default="[]")
