"""F02: the broker restarts under many queues: every consumer is back, none has nothing to do."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Outgoing, Subscription
from shared.errors import Unavailable
from tests.faults.news import QUICK, SOON, declared
from tests.integration.shared.test_bus_amqp import Reader, running

QUEUES = 25  # each with a connection of its own


async def test_every_queue_is_consumed_again(rabbitmq: RabbitNode) -> None:
    topic = f"test.{uuid4().hex}"
    bus = AmqpBus(rabbitmq.url, deadlines=QUICK)
    readers = [Reader() for _ in range(QUEUES)]
    entries = [
        Subscription(queue=f"{topic}.{number}", bindings=(f"{topic}.*",), handle=reader)
        for number, reader in enumerate(readers)
    ]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        for entry in entries:
            await declared(bus, entry)
        await stack.enter_async_context(running(*(bus.consume(entry) for entry in entries)))
        await _publish(bus, topic, "before")
        for reader in readers:
            await _saw(reader, "before")
        rabbitmq.restart()  # not in a thread: the broker would die with it
        await _publish(bus, topic, "after")
        for reader in readers:
            await _saw(reader, "after")


async def _saw(reader: Reader, name: str) -> None:
    await reader.until(lambda: name in reader.seen)


async def _publish(bus: AmqpBus, topic: str, name: str) -> None:
    """Publish, as a relay would: until the broker takes it."""
    message = Outgoing(routing_key=f"{topic}.x", message_id=name, body=b"{}")
    async with asyncio.timeout(SOON):
        while True:
            try:
                return await bus.publish([message])
            except Unavailable:
                await asyncio.sleep(0.1)
