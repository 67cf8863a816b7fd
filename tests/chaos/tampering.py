"""Holds events back, and lets them go late, in another order and more than once."""

import asyncio
from random import Random
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.contracts.base import EXCHANGE

QUEUES: Final = (
    "compute.ganeti",
    "compute.resources",
    "compute.clusters",
    "network.ganeti-jobs",
    "network.ganeti-instances",
    "network.servers",
    "volume.ganeti",
    "volume.resources",
)
AT_ONCE: Final = 50  # messages
CATCH: Final = 0.5  # seconds of taking messages away from their consumer


async def tamper(url: str, queue: str, hold: float, random: Random) -> int:
    """Take messages of a queue, and publish them again after a while, shuffled, some twice.

    Every queue that is bound to them hears them again. They are acknowledged only after that,
    so that none is lost whenever the broker dies.

    Args:
        url: of the broker.
        queue: whose consumer does not get them now.
        hold: seconds until they come back.
        random: decides on their order and who comes twice.

    Returns:
        How many were held.
    """
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        caught = await _catch(channel, queue)
        await asyncio.sleep(hold)
        again = [*caught, *(each for each in caught if random.random() < 1 / 2)]
        random.shuffle(again)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for message in again:
            copy = aio_pika.Message(
                message.body,
                message_id=message.message_id,
                headers=dict(message.headers),
                content_type=message.content_type,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            copy.headers.pop("x-delivery-count", None)
            await exchange.publish(copy, message.routing_key or "")
        for message in caught:
            await message.ack()
    return len(caught)


async def _catch(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    """Compete with the queue's consumer for a moment."""
    await channel.set_qos(prefetch_count=AT_ONCE)
    queue = await channel.get_queue(name, ensure=False)
    caught: list[AbstractIncomingMessage] = []

    async def keep(message: AbstractIncomingMessage) -> None:
        caught.append(message)

    tag = await queue.consume(keep)
    await asyncio.sleep(CATCH)
    await queue.cancel(tag)
    return caught
