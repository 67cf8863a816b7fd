"""What only a real broker can do to us: die, stop answering, forget, run out of memory."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from pydantic import SecretStr

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.connection import Deadlines
from shared.bus.contract import Bus, Delivery, Outgoing, Subscription
from shared.bus.handling import Pauses
from shared.errors import Unavailable

QUICK = Deadlines(answer=2.0, close=0.5, watch=0.2, longest_pause=0.2)
SOON = 60.0


@pytest.fixture
def topic() -> str:
    return f"test.{uuid4().hex}"


@pytest.fixture
async def bus(rabbitmq: RabbitNode) -> AsyncIterator[AmqpBus]:
    made = AmqpBus(SecretStr(rabbitmq.url), deadlines=QUICK)
    yield made
    await made.close()


@dataclass(slots=True, kw_only=True)
class Reader:
    """A handler that remembers which messages it saw."""

    seen: set[str] = field(default_factory=set)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, batch: Sequence[Delivery]) -> None:
        async with self.progress:
            self.seen.update(delivery.message_id for delivery in batch)
            self.progress.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON), self.progress:
            await self.progress.wait_for(condition)


def subscription(topic: str, reader: Reader) -> Subscription:
    return Subscription(queue=topic, bindings=(f"{topic}.*",), handle=reader)


def message(topic: str, number: int) -> Outgoing:
    return Outgoing(routing_key=f"{topic}.x", message_id=f"{topic}-{number}", body=b"{}")


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True, kw_only=True)
class Stream:
    """Publishes for as long as it may, as a relay would: what is not confirmed, again."""

    bus: Bus
    topic: str
    confirmed: list[str] = field(default_factory=list)
    failures: int = 0
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        number = 0
        while True:
            batch = [message(self.topic, number + place) for place in range(10)]
            try:
                await self.bus.publish(batch)
                self.confirmed.extend(one.message_id for one in batch)
                number += 10
            except Unavailable:
                self.failures += 1
            async with self.progress:
                self.progress.notify_all()
            await asyncio.sleep(0.005)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON), self.progress:
            await self.progress.wait_for(condition)


async def test_a_broker_killed_in_full_flow_loses_nothing_it_confirmed(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    clock = asyncio.get_running_loop().time
    reader, stream = Reader(), Stream(bus=bus, topic=topic)
    entry = subscription(topic, reader)
    await bus.declare(entry)
    settled = clock() + 2  # RabbitMQ 3.10 writes down late that a quorum queue exists at all
    async with running(bus.consume(entry)) as [consumer]:
        async with running(stream.run()):
            await stream.until(lambda: len(stream.confirmed) >= 200 and clock() > settled)
            rabbitmq.kill9()
            try:
                await stream.until(lambda: stream.failures >= 3)
                assert not bus.is_ready()
            finally:
                rabbitmq.restart()
            before = len(stream.confirmed)
            await stream.until(lambda: len(stream.confirmed) >= before + 200)
        await reader.until(lambda: reader.seen >= set(stream.confirmed))
        assert not consumer.done()
    assert bus.is_ready()


@asynccontextmanager
async def half_open_proxy(port: int) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A way to the broker, and a call that cuts it without telling the client.

    The broker's side is closed for real, as its heartbeat would in the end.
    """
    upstreams: list[asyncio.StreamWriter] = []
    clients: list[asyncio.StreamWriter] = []

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if target.is_closing():
                continue
            target.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        upstreams.append(forth)
        clients.append(writer)
        await asyncio.gather(carry(reader, forth), carry(back, writer), return_exceptions=True)

    def cut() -> None:
        for upstream in upstreams:
            upstream.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], cut
    finally:
        server.close()
        for writer in (*upstreams, *clients):
            writer.close()


async def test_a_consumer_whose_connection_is_half_open_starts_over(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    reader = Reader()
    entry = subscription(topic, reader)
    async with half_open_proxy(rabbitmq.port) as (port, cut):
        behind = AmqpBus(rabbitmq.url.replace(f":{rabbitmq.port}", f":{port}"), deadlines=QUICK)
        await bus.declare(entry)
        async with running(behind.consume(entry)):
            await bus.publish([message(topic, 1)])
            await reader.until(lambda: len(reader.seen) == 1)
            cut()
            await bus.publish([message(topic, 2)])
            await reader.until(lambda: len(reader.seen) == 2)


async def test_a_consumer_whose_queue_was_deleted_has_it_again(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    reader = Reader()
    async with running(bus.consume(subscription(topic, reader))):
        await bus.declare(subscription(topic, reader))
        await bus.publish([message(topic, 1)])
        await reader.until(lambda: len(reader.seen) == 1)
        async with await aio_pika.connect(rabbitmq.url) as connection:
            await (await connection.channel()).queue_delete(topic)
        async with running(Stream(bus=bus, topic=topic).run()):
            await reader.until(lambda: len(reader.seen) > 1)


async def test_a_message_on_hold_is_not_settled_along_with_later_ones(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    patient = AmqpBus(rabbitmq.url, deadlines=QUICK, pauses=Pauses(first=60.0))
    later, afterwards, failed = Reader(), Reader(), asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        if batch[0].message_id == f"{topic}-1":
            failed.set()
            raise ConnectionError
        await later(batch)

    entry = Subscription(queue=topic, bindings=(f"{topic}.*",), handle=handle)
    await bus.declare(entry)
    async with running(patient.consume(entry)):
        await bus.publish([message(topic, 1)])
        await asyncio.wait_for(failed.wait(), SOON)
        await bus.publish([message(topic, 2), message(topic, 3)])
        await later.until(lambda: len(later.seen) == 2)
    async with running(bus.consume(subscription(topic, afterwards))):
        await afterwards.until(lambda: f"{topic}-1" in afterwards.seen)


async def test_a_broker_short_of_memory_is_not_ready_and_recovers_by_itself(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    await bus.publish([message(topic, 1)])
    stream = Stream(bus=bus, topic=topic)
    await asyncio.to_thread(rabbitmq.control, "set_vm_memory_high_watermark", "0.0000001")
    async with running(stream.run()):
        await stream.until(lambda: stream.failures >= 1)
        assert not bus.is_ready()
        await asyncio.to_thread(rabbitmq.control, "set_vm_memory_high_watermark", "0.4")
        await stream.until(lambda: len(stream.confirmed) > 0)
    assert bus.is_ready()


async def test_a_full_queue_refuses_and_the_line_stays_up(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    full: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-max-length": 1,
        "x-overflow": "reject-publish",
    }
    async with await aio_pika.connect(rabbitmq.url) as connection:
        channel = await connection.channel()
        await bus.publish([message(topic, 0)])
        queue = await channel.declare_queue(topic, durable=True, arguments=full)
        await queue.bind("cyclades.events", f"{topic}.*")
        stream = Stream(bus=bus, topic=topic)
        async with running(stream.run()):
            await stream.until(lambda: stream.failures >= 1)
        assert bus.is_ready()
        await channel.queue_delete(topic)


async def test_what_is_published_can_be_read_without_a_library(
    rabbitmq: RabbitNode, bus: AmqpBus, topic: str
) -> None:
    await bus.declare(subscription(topic, Reader()))
    sent = Outgoing(
        routing_key=f"{topic}.x", message_id="m1", body=b'{"a": 1}', headers={"request_id": "r1"}
    )
    await bus.publish([sent])
    async with await aio_pika.connect(rabbitmq.url) as connection:
        queue = await (await connection.channel()).get_queue(topic)
        got = await queue.get(no_ack=True, fail=True)
    assert got is not None
    assert (got.body, got.message_id) == (sent.body, "m1")
    assert got.content_type == "application/cloudevents+json"
    assert got.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert got.headers["request_id"] == "r1"


async def test_the_password_is_in_no_log_even_when_it_is_wrong(
    rabbitmq: RabbitNode, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"amqp://cyclades:hunter2@127.0.0.1:{rabbitmq.port}/"
    bus = AmqpBus(url, deadlines=QUICK)
    async with running(bus.consume(subscription(topic, Reader()))):
        with pytest.raises(Unavailable) as refused:
            await bus.publish([message(topic, 1)])
    await bus.close()
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "takes nothing now" in logged
    assert "hunter2" not in logged + repr(bus.__dict__) + repr(refused.value.__cause__)


@pytest.mark.parametrize(
    "url", ["", "http://u:hunter2@h/", "amqp://u:hunter2/x@h:5672/", "amqp://u:hunter2@h:port/"]
)
def test_a_url_that_names_no_broker_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="must be amqp://") as refused:
        AmqpBus(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__
