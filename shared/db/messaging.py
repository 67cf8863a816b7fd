"""The tables every service keeps beside its own: outbox, inbox, sagas, and Ganeti's jobs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.base import Envelope, Fact
from shared.db.jobs import jobs_table
from shared.db.lean import Connection, put_off
from shared.db.sagas import saga_table

RELAYING = sa.func.hashtext(sa.text("'relay'"))  # the lock of whoever empties the outbox


class MessagingTables:
    """The messaging tables, bound to one service's metadata."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self.metadata = metadata
        self.outbox = sa.Table(
            "outbox",
            metadata,
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("message_id", sa.Uuid, nullable=False, unique=True),
            sa.Column("routing_key", sa.Text, nullable=False),
            sa.Column("body", sa.LargeBinary, nullable=False),
            sa.Column(
                "created_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default=sa.func.now(),
            ),
            sa.Column("published_at", sa.DateTime(timezone=True)),
            sa.Index("outbox_unpublished", "id", postgresql_where=sa.text("published_at IS NULL")),
            sa.Index(
                "outbox_published",
                "published_at",
                postgresql_where=sa.text("published_at IS NOT NULL"),
            ),
        )
        self.inbox = sa.Table(
            "inbox",
            metadata,
            sa.Column("consumer", sa.Text, primary_key=True),
            sa.Column("message_id", sa.Uuid, primary_key=True),
            sa.Column(
                "seen_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default=sa.func.now(),
            ),
        )
        self.sagas = saga_table(metadata)
        self.jobs = jobs_table(metadata)


class Outbox:
    """Facts that will leave if, and only if, this transaction commits."""

    def __init__(self, connection: Connection, tables: MessagingTables) -> None:
        self._connection = connection
        self._outbox = tables.outbox

    async def publish(self, *facts: Fact, request_id: str | None = None) -> None:
        """Queue facts for the relay, inside the caller's transaction.

        Args:
            facts: what is now so, in order.
            request_id: the request that led to them.
        """
        rows = []
        for fact in facts:
            ident, body = Envelope.bytes_around(fact, request_id)
            rows.append({"message_id": ident, "routing_key": fact.routing_key, "body": body})
        put_off(self._connection, self._outbox, rows)

    async def add(self, envelopes: Sequence[Envelope], facts: Sequence[Fact]) -> None:
        """Queue envelopes that were made already, beside the facts they carry."""
        rows = [
            {
                "message_id": envelope.id,
                "routing_key": fact.routing_key,
                "body": envelope.to_json(),
            }
            for envelope, fact in zip(envelopes, facts, strict=True)
        ]
        put_off(self._connection, self._outbox, rows)


async def unpublish(
    connection: Connection,
    tables: MessagingTables,
    patterns: Sequence[str],
    since: datetime,
    until: datetime,
    most: int,
) -> int:
    """Have messages published again; return how many.

    What a relay has in hand is waited for: it may be out, and not be marked yet.

    Args:
        connection: in a transaction.
        tables: where the outbox is.
        patterns: expressions of routing keys with a dot put before them.
        since: when they were published.
        until: when they were published.
        most: how many at once, the first of them first.
    """
    outbox = tables.outbox.name
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(RELAYING)))
    found = await connection.execute(
        sa.text(
            f"UPDATE {outbox} SET published_at = NULL WHERE id IN ("
            f"SELECT id FROM {outbox} WHERE published_at > :since AND published_at < :until "
            "AND ('.' || routing_key) ~ ANY(:patterns) ORDER BY published_at LIMIT :most)"
        ),
        {"since": since, "until": until, "patterns": list(patterns), "most": most},
    )
    return int(found.rowcount)


class Inbox:
    """What consumers have handled, for effects that are not naturally idempotent."""

    def __init__(self, connection: Connection, tables: MessagingTables) -> None:
        self._connection = connection
        self._inbox = tables.inbox

    async def first_sight(self, consumer: str, message_id: UUID) -> bool:
        """Whether the consumer sees the message for the first time; remembers that it did."""
        result = await self._connection.execute(
            insert(self._inbox)
            .values(consumer=consumer, message_id=message_id)
            .on_conflict_do_nothing()
        )
        return result.rowcount == 1
