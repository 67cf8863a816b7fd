"""F17: a consumer is dead and its queue fills up: others get everything, it stays bounded."""

import asyncio
from typing import Any
from uuid import uuid4

import aio_pika

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Outgoing
from shared.contracts.base import EXCHANGE
from tests.faults.news import QUICK, SOON, declared
from tests.integration.shared.test_bus_amqp import Reader, running, subscription

MANY, KEPT = 2000, 100


async def test_its_queue_loses_its_oldest_and_nobody_waits(rabbitmq: RabbitNode) -> None:
    topic = f"test.{uuid4().hex}"
    bus = AmqpBus(rabbitmq.url, deadlines=QUICK)
    outside = await aio_pika.connect(rabbitmq.url)
    reader = Reader()
    alive = subscription(topic, reader)
    try:
        await declared(bus, alive)
        channel = await outside.channel()
        # As the events' documentation tells third parties to declare theirs.
        arguments: dict[str, Any] = {"x-max-length": KEPT, "x-overflow": "drop-head"}
        dead = await channel.declare_queue(f"ext.{topic}", durable=True, arguments=arguments)
        await dead.bind(EXCHANGE, f"{topic}.*")
        async with running(bus.consume(alive)), asyncio.timeout(SOON):
            for start in range(0, MANY, 200):
                await bus.publish([_message(topic, start + place) for place in range(200)])
            await reader.until(lambda: len(reader.seen) == MANY)
        state = await channel.declare_queue(f"ext.{topic}", passive=True)
        assert (state.declaration_result.message_count or 0) <= KEPT
        await dead.delete(if_empty=False)
    finally:
        await outside.close()
        await bus.close()


def _message(topic: str, number: int) -> Outgoing:
    return Outgoing(routing_key=f"{topic}.x", message_id=f"{topic}-{number}", body=b"{}")
