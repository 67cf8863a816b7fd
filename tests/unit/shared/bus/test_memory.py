import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.bus.contract import BatchHandler, Delivery, Outgoing, Subscription
from shared.bus.handling import Pauses
from shared.bus.memory import Faults, MemoryBus
from shared.errors import Unavailable

QUICK = Pauses(first=0.0, longest=0.0)


def messages(*ids: str) -> list[Outgoing]:
    return [Outgoing(routing_key="a.b", message_id=one, body=one.encode()) for one in ids]


def subscription(
    handle: BatchHandler, *, queue: str = "test.q", prefetch: int = 100
) -> Subscription:
    return Subscription(queue=queue, bindings=("a.*",), handle=handle, prefetch=prefetch)


class Recorder:
    """A handler that writes down what it got, and waits at the gate before it returns."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.seen: list[str] = []
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()

    async def __call__(self, batch: Sequence[Delivery]) -> None:
        self.seen.extend(one.message_id for one in batch)
        self.entered.set()
        await self.gate.wait()


@asynccontextmanager
async def consuming(bus: MemoryBus, *subscriptions: Subscription) -> AsyncIterator[None]:
    for one in subscriptions:
        await bus.declare(one)
    consumers = [asyncio.create_task(bus.consume(one)) for one in subscriptions]
    try:
        yield
    finally:
        for consumer in consumers:
            consumer.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)


async def until_seen(recorder: "Recorder", *ids: str) -> None:
    """Return once exactly these were handled; a slow machine may take its time."""
    async with asyncio.timeout(60):
        while recorder.seen != list(ids):
            await asyncio.sleep(0)


async def test_a_confirm_means_that_every_queue_has_handled_the_message() -> None:
    bus = MemoryBus()
    fast, slow = Recorder(), Recorder(is_open=False)
    async with consuming(
        bus, subscription(fast, queue="test.fast"), subscription(slow, queue="test.slow")
    ):
        publishing = asyncio.create_task(bus.publish(messages("1")))
        await asyncio.wait_for(slow.entered.wait(), 60)
        await asyncio.wait_for(fast.entered.wait(), 60)
        assert not publishing.done()
        slow.gate.set()
        await publishing


async def test_a_repeat_after_a_timeout_joins_the_copies_that_are_still_there() -> None:
    bus = MemoryBus(patience=0.02)
    fast, slow = Recorder(), Recorder(is_open=False)
    async with consuming(
        bus, subscription(fast, queue="test.fast"), subscription(slow, queue="test.slow")
    ):
        for _ in range(3):
            with pytest.raises(Unavailable):
                await bus.publish(messages("1", "2"))
        slow.gate.set()
        bus._patience = 60.0
        await bus.publish(messages("1", "2"))
    assert fast.seen == ["1", "2"]
    assert slow.seen == ["1", "2"]


async def test_a_handler_that_was_late_still_confirms_the_next_try() -> None:
    bus = MemoryBus(patience=0.02)
    late = Recorder(is_open=False)
    async with consuming(bus, subscription(late)):
        with pytest.raises(Unavailable):
            await bus.publish(messages("1"))
        late.gate.set()
        bus._patience = 60.0
        await bus.publish(messages("1"))
    assert late.seen == ["1"]


async def test_a_stuck_queue_does_not_keep_later_news_from_the_others() -> None:
    bus = MemoryBus(patience=0.02)
    fast, stuck = Recorder(), Recorder(is_open=False)
    async with consuming(
        bus, subscription(fast, queue="test.fast"), subscription(stuck, queue="test.stuck")
    ):
        for one in ("1", "2", "3"):
            with pytest.raises(Unavailable):
                await bus.publish(messages(one))
        await until_seen(fast, "1", "2", "3")


async def test_a_full_queue_makes_publishers_wait_and_then_refuses() -> None:
    bus = MemoryBus(patience=0.02, capacity=2)
    recorder = Recorder()
    await bus.declare(subscription(recorder))
    for one in ("1", "2", "3"):
        with pytest.raises(Unavailable):
            await bus.publish(messages(one))
    bus._patience = 60.0
    async with consuming(bus, subscription(recorder)):
        await bus.publish(messages("1", "2", "3", "4", "5"))
    assert recorder.seen == ["1", "2", "3", "4", "5"]


async def test_a_message_that_nobody_wants_is_confirmed_at_once() -> None:
    bus = MemoryBus(patience=60.0)
    async with asyncio.timeout(10):
        await bus.publish(messages("1"))
    assert not bus.dead


async def test_what_fails_is_buried_after_the_delivery_limit() -> None:
    tries: list[int] = []

    async def handle(batch: Sequence[Delivery]) -> None:
        tries.append(batch[0].tries)
        raise ConnectionError

    bus = MemoryBus(pauses=QUICK)
    async with consuming(bus, subscription(handle)):
        await bus.publish(messages("1"))
    assert tries == list(range(21))
    assert [(one.queue, one.delivery.message_id) for one in bus.dead] == [("test.q", "1")]


async def test_messages_on_hold_count_against_the_prefetch() -> None:
    seen: set[str] = set()

    async def handle(batch: Sequence[Delivery]) -> None:
        seen.update(one.message_id for one in batch)
        raise ConnectionError

    bus = MemoryBus(patience=0.05, pauses=Pauses(first=60.0))
    async with consuming(bus, subscription(handle, prefetch=2)):
        with pytest.raises(Unavailable):
            await bus.publish(messages("1", "2", "3", "4"))
        async with asyncio.timeout(60):
            while len(seen) < 2:
                await asyncio.sleep(0)
    await bus.close()
    assert seen == {"1", "2"}


async def test_closing_frees_every_publisher_without_confirming() -> None:
    bus = MemoryBus()
    stuck = Recorder(is_open=False)
    async with consuming(bus, subscription(stuck)):
        publishing = asyncio.create_task(bus.publish(messages("1")))
        await stuck.entered.wait()
        await bus.close()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(publishing, 60)
    assert not bus.is_ready()


class TestFaults:
    async def test_refuse_takes_nothing(self) -> None:
        bus, recorder = MemoryBus(), Recorder()
        bus.faults = Faults(refuse=True)
        async with consuming(bus, subscription(recorder)):
            with pytest.raises(Unavailable):
                await bus.publish(messages("1"))
            assert not bus.is_ready()
            bus.faults = Faults()
            await bus.publish(messages("2"))
        assert recorder.seen == ["2"]

    async def test_a_lost_confirm_delivers_and_the_repeat_delivers_again(self) -> None:
        bus, recorder = MemoryBus(), Recorder()
        async with consuming(bus, subscription(recorder)):
            bus.faults = Faults(lose_confirms=True)
            with pytest.raises(Unavailable):
                await bus.publish(messages("1"))
            bus.faults = Faults()
            await bus.publish(messages("1"))
        assert recorder.seen == ["1", "1"]

    async def test_duplicate_delivers_twice(self) -> None:
        bus, recorder = MemoryBus(), Recorder()
        bus.faults = Faults(duplicate=True)
        async with consuming(bus, subscription(recorder)):
            await bus.publish(messages("1", "2"))
        assert recorder.seen == ["1", "1", "2", "2"]

    async def test_reorder_shuffles_and_loses_nothing(self) -> None:
        bus, recorder = MemoryBus(), Recorder()
        bus.faults = Faults(reorder=True)
        sent = [str(number) for number in range(20)]
        async with consuming(bus, subscription(recorder)):
            await bus.publish(messages(*sent))
        assert recorder.seen != sent
        assert sorted(recorder.seen) == sorted(sent)

    async def test_delay_outlasts_the_publisher_and_still_delivers(self) -> None:
        bus, recorder = MemoryBus(patience=0.01), Recorder()
        bus.faults = Faults(delay=0.5)
        async with consuming(bus, subscription(recorder)):
            with pytest.raises(Unavailable):
                await bus.publish(messages("1"))
            assert recorder.seen == []
            await asyncio.wait_for(recorder.entered.wait(), 60)
        assert recorder.seen == ["1"]
