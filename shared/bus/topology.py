"""What the broker holds: one exchange for facts, a queue per consumer, one grave.

Quorum queues survive the loss of a node and count deliveries, which ends the life of a
message that only ever fails. Dead letters are moved at least once, which RabbitMQ only
does for queues that refuse publishes when full rather than drop their oldest.
"""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.bus.contract import Subscription
from shared.bus.handling import DELIVERY_LIMIT
from shared.contracts.base import EXCHANGE

DEAD = "cyclades.dead"


async def declare_exchange(channel: AbstractChannel) -> AbstractExchange:
    """Return the exchange every fact is published to."""
    return await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)


async def declare_queue(channel: AbstractChannel, subscription: Subscription) -> AbstractQueue:
    """Return the subscription's queue, bound; what it gives up ends in ``cyclades.dead``."""
    await declare_exchange(channel)
    dead = await channel.declare_exchange(DEAD, ExchangeType.FANOUT, durable=True)
    graveyard = await channel.declare_queue(
        DEAD, durable=True, arguments={"x-queue-type": "quorum"}
    )
    await graveyard.bind(dead)
    queue = await channel.declare_queue(
        subscription.queue,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )
    for pattern in subscription.bindings:
        await queue.bind(EXCHANGE, pattern)
    return queue


async def has_queue(connection: AbstractConnection, queue: str) -> bool:
    """Whether the broker has the queue; it answers no by closing the channel it was asked on."""
    channel = await connection.channel(publisher_confirms=False)
    try:
        await channel.declare_queue(queue, passive=True)
    except ChannelNotFoundEntity:
        return False
    await channel.close()
    return True
