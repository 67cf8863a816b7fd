"""Sends news again that a queue was not there to take.

The broker may lose what it had: its disk, or a queue that it had not written down yet. Then nobody
is left who knows what was published and not handled, but for the outboxes. Whoever makes a queue
that should have been there asks every outbox for the last day (``Subscription.missed`` is empty),
and an outbox whose own queue for such wishes was not there sends its last day unasked. Each side
makes its queue before it asks or sends: of the two, the one that comes second finds the other.

What comes again is a repeat with the same id and sequence, which consumers drop.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from shared.bus.contract import Delivery, Outgoing, Subscription
from shared.bus.topic import as_expression
from shared.contracts.base import Envelope
from shared.contracts.resend import ResendWanted
from shared.db.database import Database
from shared.db.messaging import MessagingTables, unpublish

KEPT_BACK: Final = timedelta(days=1)  # how long ago a message may have been published
SKEW: Final = timedelta(minutes=1)  # how far two clocks may be apart
TOGETHER: Final = 5.0  # seconds in which the wishes of several queues are taken together
AT_ONCE: Final = 5000  # rows per transaction
EVERYTHING: Final = ("#",)


def wish_of(subscription: Subscription) -> Outgoing:
    """Return the message that asks for what the subscription's queue has missed."""
    wanted = ResendWanted(queue=subscription.queue, bindings=subscription.bindings)
    ident, body = Envelope.bytes_around(wanted)
    return Outgoing(routing_key=wanted.routing_key, message_id=str(ident), body=body)


class Resender:
    """Has a service's outbox published again, by its relay, as far as somebody missed it.

    Args:
        engine: the service's database.
        tables: where its outbox is.
        service: whose it is.
        together: seconds in which wishes are taken together.
    """

    def __init__(
        self,
        engine: Database,
        tables: MessagingTables,
        service: str,
        *,
        together: float = TOGETHER,
    ) -> None:
        self._engine = engine
        self._tables = tables
        self._together = together
        self.subscription = Subscription(
            queue=f"{service}.resend",
            bindings=(ResendWanted.binding(),),
            handle=self._handle,
            missed=self._everything,
        )

    async def resend(self, bindings: Sequence[str], asked: datetime | None = None) -> int:
        """Have messages of the last day published again; return how many.

        Args:
            bindings: patterns of their routing keys.
            asked: when they were asked for; what was published later, came.
        """
        patterns = sorted({as_expression(each) for each in bindings})
        async with self._engine.transaction() as connection:
            # What is published again from here on, by the same clock, is none of it.
            now = (await connection.execute(sa.select(sa.func.now()))).scalar_one()
        until = now if asked is None else min(now, asked + SKEW)
        again = total = AT_ONCE
        while again == AT_ONCE:
            async with self._engine.transaction() as connection:
                again = await unpublish(
                    connection, self._tables, patterns, until - KEPT_BACK, until, AT_ONCE
                )
            total += again
        return total - AT_ONCE

    async def _everything(self) -> None:
        await self.resend(EVERYTHING)

    async def _handle(self, deliveries: Sequence[Delivery]) -> None:
        """Take the wishes of a broker's new life together: most come within seconds."""
        await asyncio.sleep(self._together)
        envelopes = [Envelope.read(each.body) for each in deliveries]
        wishes = [ResendWanted.model_validate(each.data) for each in envelopes]
        bindings = {pattern for each in wishes for pattern in each.bindings}
        await self.resend(sorted(bindings), max(each.time for each in envelopes))
