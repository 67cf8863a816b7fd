"""The metadata of the schema, and the tables every service has."""

import sqlalchemy as sa

from shared.db.idempotency import idempotency_table
from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)
idempotency = idempotency_table(metadata)

MOMENT = sa.DateTime(timezone=True)


def moment(name: str) -> sa.Column[object]:
    """Return a nullable column for a moment."""
    return sa.Column(name, MOMENT)


def happened(name: str) -> sa.Column[object]:
    """Return a column for a moment that is always known; now, unless said otherwise."""
    return sa.Column(name, MOMENT, nullable=False, server_default=sa.func.now())
