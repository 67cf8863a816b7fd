"""What all tables of the volume service belong to, and the house's own tables."""

import sqlalchemy as sa

from shared.db.drifts import drift_table
from shared.db.idempotency import idempotency_table
from shared.db.messaging import MessagingTables

metadata = sa.MetaData()
messaging = MessagingTables(metadata)
idempotency = idempotency_table(metadata)
drifts = drift_table(metadata)
moment = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")
