"""F04: one service cannot reach the broker: it notices, tries at a pace, and others go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Outgoing
from shared.errors import Unavailable
from tests.faults.news import QUICK, declared
from tests.integration.shared.test_bus_amqp import Reader, running, subscription

CUT_FOR = 3.0  # seconds


@dataclass
class Wire:
    """A way to the broker that may swallow everything."""

    url: str = ""
    is_cut: bool = False
    calls: int = 0


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """Stand between one service and the broker."""
    wire, busy = Wire(), set[asyncio.Task[None]]()
    parts = urlsplit(url)

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not wire.is_cut:
                target.write(data)
                await target.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.calls += 1
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        beyond, to_broker = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            with suppress(OSError):
                await asyncio.gather(carry(reader, to_broker), carry(beyond, writer))
        finally:
            for each in (to_broker, writer):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()
            busy.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    wire.url = urlunsplit((parts.scheme, place, parts.path, "", ""))
    try:
        yield wire
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def test_a_service_that_is_cut_off_comes_back_and_harms_nobody(rabbitmq: RabbitNode) -> None:
    topic = f"test.{uuid4().hex}"
    async with wire_to(rabbitmq.url) as wire:
        cut, whole = AmqpBus(wire.url, deadlines=QUICK), AmqpBus(rabbitmq.url, deadlines=QUICK)
        far, near = Reader(), Reader()
        far_entry, near_entry = subscription(f"{topic}.far", far), subscription(topic, near)
        try:
            for entry in (far_entry, near_entry):
                await declared(whole, entry)
            async with running(cut.consume(far_entry), whole.consume(near_entry)):
                await cut.publish([_message(f"{topic}.far", "first")])
                await far.until(lambda: "first" in far.seen)
                wire.is_cut, before = True, wire.calls
                with pytest.raises(Unavailable):
                    await cut.publish([_message(topic, "lost")])
                assert not cut.is_ready()
                await whole.publish([_message(topic, "meanwhile"), _message(f"{topic}.far", "2")])
                await near.until(lambda: "meanwhile" in near.seen)
                await asyncio.sleep(CUT_FOR)
                assert wire.calls - before < 10 * CUT_FOR, "it does not knock without a pause"
                wire.is_cut = False
                await far.until(lambda: "2" in far.seen)
        finally:
            await cut.close()
            await whole.close()


def _message(topic: str, name: str) -> Outgoing:
    return Outgoing(routing_key=f"{topic}.x", message_id=name, body=b"{}")
