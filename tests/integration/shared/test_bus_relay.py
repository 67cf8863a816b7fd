"""The relay against a real PostgreSQL, with the in-process bus and its faults."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from shared.bus.contract import Delivery, Outgoing, Subscription
from shared.bus.memory import Faults, MemoryBus
from shared.bus.relay import BATCH, Relay, prune_once, relay_once
from shared.db.messaging import MessagingTables
from shared.db.uow import engine_for
from shared.errors import Unavailable

TABLES = MessagingTables(sa.MetaData())


class Ledger(MemoryBus):
    """A bus that writes down what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.took = asyncio.Event()

    @override
    async def publish(self, messages: Sequence[Outgoing]) -> None:
        self.entered.set()
        await self.gate.wait()
        await super().publish(messages)
        self.taken.extend(message.routing_key for message in messages)
        self.took.set()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = engine_for(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(TABLES.metadata.create_all)
    yield engine
    await engine.dispose()


async def write(engine: AsyncEngine, *keys: str) -> None:
    rows = [{"message_id": uuid4(), "routing_key": key, "body": b"{}"} for key in keys]
    async with engine.begin() as connection:
        await connection.execute(sa.insert(TABLES.outbox), rows)


async def count(engine: AsyncEngine, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(TABLES.outbox).where(*conditions)
    async with engine.connect() as connection:
        return int((await connection.execute(query)).scalar_one())


UNPUBLISHED = TABLES.outbox.c.published_at.is_(None)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_rows_go_out_once_and_in_the_order_they_were_written(engine: AsyncEngine) -> None:
    bus = Ledger()
    keys = [f"a.{number}" for number in range(BATCH + 10)]
    await write(engine, *keys)
    assert [await relay_once(engine, TABLES, bus) for _ in range(3)] == [BATCH, 10, 0]
    assert bus.taken == keys
    assert await count(engine, UNPUBLISHED) == 0


async def test_rows_that_the_bus_refuses_are_still_there_for_the_next_try(
    engine: AsyncEngine,
) -> None:
    bus = Ledger()
    await write(engine, "a.1", "a.2")
    bus.faults = Faults(refuse=True)
    with pytest.raises(Unavailable):
        await relay_once(engine, TABLES, bus)
    assert await count(engine, UNPUBLISHED) == 2
    bus.faults = Faults()
    assert await relay_once(engine, TABLES, bus) == 2


async def test_a_second_relay_keeps_its_hands_off_while_the_first_is_at_it(
    engine: AsyncEngine,
) -> None:
    first, second = Ledger(), Ledger()
    await write(engine, "a.1")
    first.gate.clear()
    relaying = asyncio.create_task(relay_once(engine, TABLES, first))
    await first.entered.wait()
    assert await relay_once(engine, TABLES, second) == 0
    first.gate.set()
    assert await relaying == 1
    assert second.taken == []


async def test_a_relay_that_dies_between_confirm_and_commit_publishes_again(
    engine: AsyncEngine,
) -> None:
    bus = Ledger()
    await write(engine, "a.1")
    bus.gate.clear()
    relaying = asyncio.create_task(relay_once(engine, TABLES, bus))
    await bus.entered.wait()
    relaying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relaying
    bus.gate.set()
    assert await relay_once(engine, TABLES, bus) == 1


async def test_a_nudge_sends_at_once_what_the_poll_would_send_in_an_hour(
    engine: AsyncEngine,
) -> None:
    bus, nudge, handled = MemoryBus(), asyncio.Event(), asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        handled.set()

    entry = Subscription(queue="test.relay", bindings=("a.*",), handle=handle)
    await bus.declare(entry)
    consumer = asyncio.create_task(bus.consume(entry))
    async with running(Relay(engine, TABLES, bus, nudge=nudge, poll=3600)):
        await write(engine, "a.1")
        nudge.set()
        await asyncio.wait_for(handled.wait(), 60)
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)


async def test_the_relay_outlives_a_bus_that_was_away(engine: AsyncEngine) -> None:
    bus = Ledger()
    bus.faults = Faults(refuse=True)
    await write(engine, "a.1")
    async with running(Relay(engine, TABLES, bus, poll=0.01, longest_pause=0.01)):
        await asyncio.wait_for(bus.entered.wait(), 60)
        bus.faults = Faults()
        await asyncio.wait_for(bus.took.wait(), 60)
    assert bus.taken == ["a.1"]


async def test_only_published_rows_past_keeping_are_pruned(engine: AsyncEngine) -> None:
    await write(engine, "a.old", "a.young", "a.waiting")
    ages = {"a.old": 8, "a.young": 6}
    async with engine.begin() as connection:
        for key, days in ages.items():
            stamp = sa.func.now() - sa.func.make_interval(0, 0, 0, days)
            await connection.execute(
                sa.update(TABLES.outbox)
                .where(TABLES.outbox.c.routing_key == key)
                .values(published_at=stamp, created_at=stamp)
            )
    assert await prune_once(engine, TABLES) == 1
    assert await count(engine, TABLES.outbox.c.routing_key == "a.old") == 0
    assert await count(engine) == 2


async def test_who_prunes_does_not_wait_for_another_who_does(engine: AsyncEngine) -> None:
    await write(engine, "a.1", "a.2")
    long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, 8)
    async with engine.begin() as connection:
        await connection.execute(sa.update(TABLES.outbox).values(published_at=long_ago))
    one = TABLES.outbox.c.routing_key == "a.1"
    async with engine.begin() as other, asyncio.timeout(30):
        await other.execute(sa.delete(TABLES.outbox).where(one))
        assert await prune_once(engine, TABLES) == 1
