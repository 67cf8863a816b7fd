"""What is done for a queue that the broker did not have: what it missed is got again."""

import asyncio
import logging
from typing import cast

from aio_pika.abc import AbstractConnection
from aiormq.channel import Channel

from shared.bus.connection import Deadlines, unblocked
from shared.bus.contract import Subscription
from shared.bus.resending import wish_of
from shared.bus.sending import send_all
from shared.contracts.base import EXCHANGE

log = logging.getLogger(__name__)


async def make_up(
    connection: AbstractConnection, subscription: Subscription, deadlines: Deadlines
) -> None:
    """Ask for what the subscription's queue has missed, now that it is there.

    Args:
        connection: to the broker.
        subscription: whose queue was just made.
        deadlines: how long the broker may take.

    Raises:
        TimeoutError: the broker did not take the wish in time.
    """
    log.info("the broker did not have a queue", extra={"queue": subscription.queue})
    if subscription.missed is not None:
        await subscription.missed()
        return
    async with asyncio.timeout(deadlines.answer):
        await unblocked(connection)
        async with connection.channel(publisher_confirms=True) as channel:
            below = cast(Channel, await channel.get_underlay_channel())
            await send_all(below, EXCHANGE, [wish_of(subscription)])
