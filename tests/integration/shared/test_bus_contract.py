"""What both transports of the bus promise, held against each of them."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from pydantic import BaseModel
from typing_extensions import override

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.connection import Deadlines
from shared.bus.contract import Bus, Delivery, Outgoing, Subscription
from shared.bus.handling import Pauses
from shared.bus.memory import MemoryBus
from shared.bus.topology import DEAD
from shared.errors import Unavailable

QUICK = Pauses(first=0.001, longest=0.01)
SOON = 60.0
Calls = Callable[[Sequence[Delivery]], Awaitable[None]]


class Fact(BaseModel):
    number: int


class Transport(ABC):
    """What a test may do to a transport besides using it."""

    @abstractmethod
    def make(self, *, patience: float = 30.0) -> Bus:
        """A bus, as another process would have it."""

    @abstractmethod
    async def buried(self) -> list[str]:
        """The ids of the messages that were given up."""

    @abstractmethod
    def stalled(self, bus: Bus) -> AbstractAsyncContextManager[None]:
        """Have the transport take nothing for a while, without saying why."""

    @abstractmethod
    async def clean(self) -> None:
        """Forget everything the test made."""


class InProcess(Transport):
    def __init__(self) -> None:
        self._made: list[MemoryBus] = []

    @override
    def make(self, *, patience: float = 30.0) -> Bus:
        self._made.append(MemoryBus(patience=patience, pauses=QUICK))
        return self._made[-1]

    @override
    async def buried(self) -> list[str]:
        return [one.delivery.message_id for bus in self._made for one in bus.dead]

    @override
    @asynccontextmanager
    async def stalled(self, bus: Bus) -> AsyncIterator[None]:
        async def handle(_: Sequence[Delivery]) -> None: ...

        nobody = Subscription(queue="test.nobody", bindings=("#",), handle=handle)
        await bus.declare(nobody)
        yield
        consumer = asyncio.create_task(bus.consume(nobody))
        self._nobody = consumer  # kept: the queue must be consumed from now on

    @override
    async def clean(self) -> None:
        for bus in self._made:
            await bus.close()


class OnBroker(Transport):
    def __init__(self, node: RabbitNode) -> None:
        self._node = node
        self._made: list[AmqpBus] = []

    @override
    def make(self, *, patience: float = 30.0) -> Bus:
        deadlines = Deadlines(answer=patience, watch=0.5, longest_pause=0.2)
        self._made.append(AmqpBus(self._node.url, deadlines=deadlines, pauses=QUICK))
        return self._made[-1]

    @override
    async def buried(self) -> list[str]:
        found: list[str] = []
        async with await aio_pika.connect(self._node.url) as connection:
            channel = await connection.channel()
            graveyard = await channel.get_queue(DEAD, ensure=False)
            while (message := await graveyard.get(fail=False)) is not None:
                found.append(message.message_id or "")
        return found  # unacknowledged, so it is there for the next look

    @override
    @asynccontextmanager
    async def stalled(self, bus: Bus) -> AsyncIterator[None]:
        control = self._node.control
        await asyncio.to_thread(control, "set_vm_memory_high_watermark", "0.0000001")
        try:
            yield
        finally:  # or the broker takes nothing from any other test
            await asyncio.to_thread(control, "set_vm_memory_high_watermark", "0.4")

    @override
    async def clean(self) -> None:
        for bus in self._made:
            await bus.close()
        async with await aio_pika.connect(self._node.url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(DEAD)


@pytest.fixture(params=["memory", "amqp"])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    made: Transport
    if request.param == "memory":
        made = InProcess()
    else:
        made = OnBroker(request.getfixturevalue("rabbitmq"))
    yield made
    await made.clean()


@pytest.fixture
def topic() -> str:
    """Words of this test alone: what another test left behind is not routed here."""
    return f"test.{uuid4().hex}"


@dataclass(slots=True, kw_only=True)
class Reader:
    """A handler that writes down what it got, and what it was told to raise first."""

    raising: list[Exception] = field(default_factory=list)
    batches: list[list[Delivery]] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, batch: Sequence[Delivery]) -> None:
        async with self.progress:
            self.batches.append(list(batch))
            self.progress.notify_all()
        await self.gate.wait()
        if self.raising:
            raise self.raising.pop(0)
        for delivery in batch:
            Fact.model_validate_json(delivery.body)
        async with self.progress:
            self.handled.extend(delivery.message_id for delivery in batch)
            self.progress.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON), self.progress:
            await self.progress.wait_for(condition)

    @property
    def tries(self) -> list[int]:
        return [delivery.tries for batch in self.batches for delivery in batch]


def subscription(topic: str, handle: Calls, **changes: Any) -> Subscription:
    return Subscription(
        queue=changes.pop("queue", topic), bindings=(f"{topic}.*",), handle=handle, **changes
    )


def facts(topic: str, numbers: Sequence[int]) -> list[Outgoing]:
    return [
        Outgoing(
            routing_key=f"{topic}.x",
            message_id=f"{topic}-{number}",
            body=Fact(number=number).model_dump_json().encode(),
        )
        for number in numbers
    ]


def ids(topic: str, numbers: Sequence[int]) -> list[str]:
    return [f"{topic}-{number}" for number in numbers]


def poison(topic: str, number: int) -> Outgoing:
    return Outgoing(routing_key=f"{topic}.x", message_id=f"{topic}-{number}", body=b"{}")


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_messages_are_handled_in_the_order_they_were_published(
    transport: Transport, topic: str
) -> None:
    bus, reader = transport.make(), Reader()
    entry = subscription(topic, reader)
    await bus.declare(entry)
    async with running(bus.consume(entry)):
        for start in (0, 100, 200):
            await bus.publish(facts(topic, range(start, start + 100)))
        await reader.until(lambda: len(reader.handled) >= 300)
    assert reader.handled == ids(topic, range(300))


async def test_a_declared_queue_keeps_what_comes_before_its_consumer(
    transport: Transport, topic: str
) -> None:
    bus, reader = transport.make(), Reader()
    entry = subscription(topic, reader)
    await bus.declare(entry)
    elsewhere = Outgoing(routing_key="elsewhere.x", message_id="not-ours", body=b"{}")
    publishing = asyncio.create_task(bus.publish([elsewhere, *facts(topic, range(3))]))
    await asyncio.wait([publishing], timeout=0.3)  # in process, a confirm waits for the consumer
    async with running(bus.consume(entry)):
        await reader.until(lambda: len(reader.handled) >= 3)
        await publishing
    assert reader.handled == ids(topic, range(3))


async def test_every_queue_gets_its_copy(transport: Transport, topic: str) -> None:
    bus, one, other = transport.make(), Reader(), Reader()
    entries = [
        subscription(topic, reader, queue=f"{topic}.{name}")
        for name, reader in (("one", one), ("other", other))
    ]
    for entry in entries:
        await bus.declare(entry)
    async with running(*(bus.consume(entry) for entry in entries)):
        await bus.publish(facts(topic, range(5)))
        await one.until(lambda: len(one.handled) >= 5)
        await other.until(lambda: len(other.handled) >= 5)
    assert one.handled == other.handled == ids(topic, range(5))


async def test_a_failure_comes_round_again_until_it_is_handled(
    transport: Transport, topic: str
) -> None:
    bus, reader = transport.make(), Reader(raising=[ConnectionError(), ConnectionError()])
    entry = subscription(topic, reader)
    await bus.declare(entry)
    async with running(bus.consume(entry)):
        await bus.publish(facts(topic, [1]))
        await reader.until(lambda: bool(reader.handled))
    assert reader.tries == [0, 1, 2]
    assert await transport.buried() == []


async def test_what_cannot_be_parsed_is_buried_at_once_and_alone(
    transport: Transport, topic: str
) -> None:
    bus, reader = transport.make(), Reader()
    reader.gate.clear()
    entry = subscription(topic, reader)
    await bus.declare(entry)
    async with running(bus.consume(entry), bus.publish(facts(topic, [0]))):
        await reader.until(lambda: bool(reader.batches))
        batch = [*facts(topic, [1]), poison(topic, 2), *facts(topic, [3])]
        async with running(bus.publish(batch)):  # meanwhile, so that it comes as one batch
            reader.gate.set()
            await reader.until(lambda: len(reader.handled) >= 3)
            assert await _eventually(transport.buried, ids(topic, [2]))
    assert sorted(reader.handled) == ids(topic, [0, 1, 3])
    assert set(reader.tries) == {0}


async def test_what_never_works_is_buried_after_the_delivery_limit(
    transport: Transport, topic: str
) -> None:
    failing = [ConnectionError() for _ in range(21)]
    bus, reader = transport.make(), Reader(raising=[*failing])
    entry = subscription(topic, reader)
    await bus.declare(entry)
    async with running(bus.consume(entry)):
        await bus.publish(facts(topic, [1]))
        assert await _eventually(transport.buried, ids(topic, [1]))
    assert reader.tries == list(range(21))


async def test_handling_that_was_cancelled_is_done_again(transport: Transport, topic: str) -> None:
    bus, reader = transport.make(), Reader()
    reader.gate.clear()
    entry = subscription(topic, reader)
    await bus.declare(entry)
    async with running(bus.publish(facts(topic, range(3)))):
        async with running(bus.consume(entry)):
            await reader.until(lambda: bool(reader.batches))
        assert reader.handled == []
        reader.gate.set()
        async with running(bus.consume(entry)):
            await reader.until(lambda: len(reader.handled) >= 3)
    assert sorted(reader.handled) == ids(topic, range(3))


async def test_no_more_than_the_prefetch_is_in_hand(transport: Transport, topic: str) -> None:
    bus, reader = transport.make(), Reader()
    entry = subscription(topic, reader, prefetch=5)
    await bus.declare(entry)
    async with running(bus.publish(facts(topic, range(50))), bus.consume(entry)):
        await reader.until(lambda: len(reader.handled) >= 50)
    assert max(len(batch) for batch in reader.batches) <= 5
    assert reader.handled == ids(topic, range(50))


async def test_a_confirmed_message_outlives_the_process_that_published_it(
    transport: Transport, topic: str
) -> None:
    """A confirm is a promise: after it, the outbox forgets the row."""
    bus, reader = transport.make(), Reader()
    entry = subscription(topic, reader, prefetch=1)
    await bus.declare(entry)
    async with running(bus.consume(entry)):
        await bus.publish(facts(topic, range(20)))
    await bus.close()
    following = transport.make()
    await following.declare(entry)
    async with running(following.consume(entry)):
        await following.publish(facts(topic, [20]))
        await reader.until(lambda: f"{topic}-20" in reader.handled)
    assert set(reader.handled) == set(ids(topic, range(21)))


async def test_a_publisher_is_not_kept_waiting_past_its_deadline(
    transport: Transport, topic: str
) -> None:
    bus = transport.make(patience=1.0)
    await bus.publish(facts(topic, [0]))
    async with transport.stalled(bus):
        started = asyncio.get_running_loop().time()
        for _ in range(2):
            with pytest.raises(Unavailable):
                await bus.publish(facts(topic, [1]))
        assert asyncio.get_running_loop().time() - started < 20.0
    await _publish_until_taken(bus, facts(topic, [1]))
    assert bus.is_ready()


async def test_a_closed_bus_takes_nothing_and_closes_quickly(
    transport: Transport, topic: str
) -> None:
    bus = transport.make()
    await bus.publish(facts(topic, [0]))
    assert bus.is_ready()
    async with asyncio.timeout(30):
        await bus.close()
    assert not bus.is_ready()
    with pytest.raises(Unavailable):
        await bus.publish(facts(topic, [1]))


async def _eventually(look: Callable[[], Awaitable[list[str]]], expected: list[str]) -> bool:
    """Look at what only the broker knows until it is as expected; the last look decides."""
    for _ in range(600):
        if await look() == expected:
            return True
        await asyncio.sleep(0.05)
    return False


async def _publish_until_taken(bus: Bus, messages: Sequence[Outgoing]) -> None:
    for _ in range(60):
        try:
            return await bus.publish(messages)
        except Unavailable:
            continue
    return await bus.publish(messages)
