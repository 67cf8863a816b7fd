"""What a queue missed because the broker did not have it, comes all the same."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
import sqlalchemy as sa
from typing_extensions import override

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Delivery, Outgoing, Subscription
from shared.bus.memory import MemoryBus
from shared.bus.relay import Relay, relay_once
from shared.bus.resending import Resender
from shared.clock import utcnow
from shared.db.database import Database
from shared.db.messaging import MessagingTables, unpublish
from shared.db.uow import engine_for
from tests.faults.news import QUICK, SOON, declared

TABLES = MessagingTables(sa.MetaData())
WAITS_FOR_LOCK = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class SlowBus(MemoryBus):
    """A bus that has taken what it was given some time before it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = asyncio.Event()
        self.go_on = asyncio.Event()

    @override
    async def publish(self, messages: Sequence[Outgoing]) -> None:
        await super().publish(messages)
        self.sent.set()
        await self.go_on.wait()


@dataclass(slots=True, kw_only=True)
class Reader:
    """Remembers the keys it heard."""

    name: str
    pattern: str
    heard: list[str] = field(default_factory=list)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, batch: Sequence[Delivery]) -> None:
        async with self.progress:
            self.heard += [each.routing_key for each in batch]
            self.progress.notify_all()

    async def until(self, *keys: str) -> None:
        async with asyncio.timeout(SOON), self.progress:
            await self.progress.wait_for(lambda: set(keys) <= set(self.heard))

    def subscription(self) -> Subscription:
        return Subscription(queue=self.name, bindings=(self.pattern,), handle=self)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Database]:
    made = engine_for(database_url)
    async with made.begin() as connection:
        await connection.run_sync(TABLES.metadata.create_all)
    yield made
    await made.dispose()


@pytest.fixture
def name() -> str:
    """A service, and the first word of what it tells."""
    return f"test-{uuid4().hex}"


@pytest.fixture
async def bus(rabbitmq: RabbitNode) -> AsyncIterator[AmqpBus]:
    made = AmqpBus(rabbitmq.url, deadlines=QUICK)
    yield made
    await made.close()


async def write(engine: Database, *keys: str, hours_ago: int | None = None) -> None:
    """Put messages into the outbox; with an age, as published then."""
    then = None if hours_ago is None else utcnow() - timedelta(hours=hours_ago)
    rows = [
        {"message_id": uuid4(), "routing_key": key, "body": b"{}", "published_at": then}
        for key in keys
    ]
    async with engine.begin() as connection:
        await connection.execute(sa.insert(TABLES.outbox), rows)


async def waiting(engine: Database) -> list[str]:
    outbox = TABLES.outbox
    query = sa.select(outbox.c.routing_key).where(outbox.c.published_at.is_(None))
    async with engine.connect() as connection:
        return list((await connection.execute(query.order_by(outbox.c.id))).scalars())


async def until_published(engine: Database) -> None:
    async with asyncio.timeout(SOON):
        while await waiting(engine):
            await asyncio.sleep(0.05)


@asynccontextmanager
async def service(engine: Database, bus: AmqpBus, name: str) -> AsyncIterator[None]:
    """Run what a service has for its outbox."""
    resender = Resender(engine, TABLES, name, together=0.0)
    await declared(bus, resender.subscription)
    async with AsyncExitStack() as stack:
        loops = (Relay(engine, TABLES, bus, poll=0.05).run(), bus.consume(resender.subscription))
        for loop in loops:
            stack.push_async_callback(ended, asyncio.create_task(loop))
        yield


@asynccontextmanager
async def listening(
    bus: AmqpBus, reader: Reader, entry: Subscription | None = None
) -> AsyncIterator[None]:
    task = asyncio.create_task(bus.consume(entry or reader.subscription()))
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def drop_queue(node: RabbitNode, queue: str) -> None:
    async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
        await channel.queue_delete(queue)


async def test_a_queue_that_was_lost_with_news_in_it_gets_the_news_again(
    engine: Database, bus: AmqpBus, rabbitmq: RabbitNode, name: str
) -> None:
    reader = Reader(name=f"{name}.reader", pattern=f"{name}.*.*")
    await declared(bus, reader.subscription())  # and nobody reads it now
    async with service(engine, bus, name):
        await write(engine, f"{name}.a.1", f"{name}.b.1")
        await until_published(engine)
        await drop_queue(rabbitmq, reader.name)
        async with listening(bus, reader):
            await reader.until(f"{name}.a.1", f"{name}.b.1")
        assert set(reader.heard) == {f"{name}.a.1", f"{name}.b.1"}


async def test_an_outbox_whose_service_was_away_when_the_broker_was_lost_tells_all_again(
    engine: Database, bus: AmqpBus, rabbitmq: RabbitNode, name: str
) -> None:
    async with service(engine, bus, name):
        await write(engine, f"{name}.a.1")
        await until_published(engine)
    await drop_queue(rabbitmq, f"{name}.resend")
    reader = Reader(name=f"{name}.reader", pattern=f"{name}.#")
    async with listening(bus, reader):
        await declared(bus, reader.subscription())  # it asked, and nobody was there
        async with service(engine, bus, name):
            await reader.until(f"{name}.a.1")
        assert set(reader.heard) == {f"{name}.a.1"}


async def test_only_what_was_missed_is_told_again(
    engine: Database, bus: AmqpBus, name: str
) -> None:
    async with service(engine, bus, name):
        await write(engine, f"{name}.a.old", hours_ago=30)
        await write(engine, f"{name}.b.other", f"{name}.a.young", hours_ago=20)
        reader = Reader(name=f"{name}.reader", pattern=f"{name}.a.*")
        witness = Reader(name=f"{name}.witness", pattern=f"{name}.none")
        async with listening(bus, witness), listening(bus, reader):
            await reader.until(f"{name}.a.young")
            await write(engine, f"{name}.a.new")
            await reader.until(f"{name}.a.new")
        assert set(reader.heard) == {f"{name}.a.young", f"{name}.a.new"}


async def test_only_a_queue_that_is_not_there_has_missed_something(
    engine: Database, bus: AmqpBus, rabbitmq: RabbitNode, name: str
) -> None:
    reader, missed = Reader(name=f"{name}.reader", pattern=f"{name}.*"), []

    async def learn() -> None:
        missed.append(name)

    entry = replace(reader.subscription(), missed=learn)
    for round_ in range(3):
        await declared(bus, entry)
        async with listening(bus, reader, entry), service(engine, bus, name):
            await write(engine, f"{name}.{round_}")
            await reader.until(f"{name}.{round_}")
    assert len(missed) == 1
    await drop_queue(rabbitmq, reader.name)
    await declared(bus, entry)
    assert len(missed) == 2


async def test_what_is_on_its_way_is_waited_for(engine: Database, name: str) -> None:
    bus = SlowBus()
    await write(engine, f"{name}.1")
    relaying = asyncio.create_task(relay_once(engine, TABLES, bus))
    await bus.sent.wait()  # it is out, and the outbox does not say so yet
    resending = asyncio.create_task(Resender(engine, TABLES, name).resend(["#"]))
    async with engine.connect() as connection:
        async with asyncio.timeout(SOON):
            while not await connection.scalar(WAITS_FOR_LOCK):
                await asyncio.sleep(0.01)
    bus.go_on.set()
    assert (await relaying, await resending) == (1, 1)
    assert await waiting(engine) == [f"{name}.1"]


async def test_what_is_out_again_is_not_taken_back_once_more(
    engine: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.resending.AT_ONCE", 2)
    monkeypatch.setattr("shared.bus.resending.SKEW", timedelta(seconds=3))
    bus, keys = MemoryBus(), [f"{name}.{number}" for number in range(6)]
    await write(engine, *keys, hours_ago=1)
    taking = unpublish

    async def taken_and_sent(*given: Any) -> int:
        """Take rows back; the relay is quick, and has sent them before the next are taken."""
        await relay_once(engine, TABLES, bus)
        return await taking(*given)

    monkeypatch.setattr("shared.bus.resending.unpublish", taken_and_sent)
    assert await Resender(engine, TABLES, name).resend(["#"], utcnow()) == len(keys)


async def test_more_than_one_round_can_take_is_taken_in_several(
    engine: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.resending.AT_ONCE", 3)
    keys = [f"{name}.{number}" for number in range(7)]
    await write(engine, *keys, hours_ago=1)
    assert await Resender(engine, TABLES, name).resend(["#"]) == 7
    assert await waiting(engine) == keys
