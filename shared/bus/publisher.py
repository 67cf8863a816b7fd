"""Puts messages on the broker, and knows when they are safe there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError
from aiormq.channel import Channel
from pydantic import SecretStr

from shared.bus.connection import Deadlines, connect, is_blocked, let_go, unblocked
from shared.bus.contract import Outgoing, Subscription
from shared.bus.guard import guarded
from shared.bus.missing import make_up
from shared.bus.sending import send_all
from shared.bus.topology import declare_exchange, declare_queue, has_queue
from shared.errors import Unavailable

log = logging.getLogger(__name__)

NOT_TAKEN = "The message broker did not take the news in time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way to the exchange: a connection, and a channel on it that confirms."""

    connection: AbstractConnection
    channel: AbstractChannel
    exchange: AbstractExchange
    hung_up: asyncio.Future[Literal[True]]

    @property
    def is_open(self) -> bool:
        """Whether neither side has hung up."""
        return not (self.connection.is_closed or self.channel.is_closed)


class Publisher:
    """Publishes to the one exchange; keeps its line up from the first use until closed.

    Args:
        url: the broker's address, with the password.
        name: what the broker's operators see the connection as.
        deadlines: how long the broker may take.
    """

    def __init__(self, url: SecretStr, name: str, deadlines: Deadlines) -> None:
        self._url = url
        self._name = name
        self._deadlines = deadlines
        self._line: Line | None = None
        self._opening = asyncio.Lock()
        self._is_healthy = False
        self._keeper: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once the broker confirmed every message.

        Raises:
            Unavailable: it did not, in time. Some may arrive all the same.
        """

        async def send(line: Line) -> None:
            await unblocked(line.connection)
            channel = await line.channel.get_underlay_channel()
            await send_all(cast(Channel, channel), line.exchange.name, messages)

        self.keep_up()
        try:
            await self._use_line(send)
        except Exception as problem:
            raise Unavailable(NOT_TAKEN) from problem

    async def declare(self, subscription: Subscription) -> None:
        """Have the queue and its bindings on the broker.

        Raises:
            Unavailable: the broker cannot be reached, or has the queue in another shape.
        """
        is_new = False

        async def declare(line: Line) -> None:
            nonlocal is_new
            is_new = not await has_queue(line.connection, subscription.queue)
            async with line.connection.channel(publisher_confirms=False) as channel:
                await declare_queue(channel, subscription)

        self.keep_up()
        try:
            line = await self._use_line(declare)
            if is_new:
                await make_up(line.connection, subscription, self._deadlines)
        except Exception as problem:
            raise Unavailable(f"The queue {subscription.queue} cannot be declared.") from problem

    def is_ready(self) -> bool:
        """Whether the broker would take a message now; the first question opens the line."""
        if self._closed:
            return False
        self.keep_up()
        return self._is_healthy and self._line is not None and self._line.is_open

    def keep_up(self) -> None:
        """Look after the line from now on."""
        if self._closed:
            raise Unavailable("The message bus is closed.")
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_up(), name=f"{self._name} keeper")

    async def close(self) -> None:
        """Hang up; takes no longer than the deadlines allow."""
        self._closed = True
        self._is_healthy = False
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._drop(self._line)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _keep_up(self) -> None:
        async def look(line: Line) -> None:
            await unblocked(line.connection)
            await declare_exchange(line.channel)

        failures = 0
        while True:
            try:
                line = await self._use_line(look)
            except Exception:
                failures += 1
                await asyncio.sleep(self._deadlines.pause_after(failures))
            else:
                failures = 0
                await asyncio.wait([line.hung_up], timeout=self._deadlines.watch)

    async def _use_line(self, use: Callable[[Line], Awaitable[None]]) -> Line:
        """Do something with an open line, within the deadline; doubt the line if that fails."""
        line: Line | None = None

        async def attempt() -> Line:
            nonlocal line
            line = await self._open_line()
            await use(line)
            return line

        try:
            async with asyncio.timeout(self._deadlines.answer):
                used = await guarded(attempt())
        except Exception as problem:
            await self._doubt(line, problem)
            raise
        self._is_healthy = True
        return used

    async def _open_line(self) -> Line:
        async with self._opening:
            if self._line is None or not self._line.is_open:
                self._drop(self._line)
                self._line = await self._new_line()
            return self._line

    async def _new_line(self) -> Line:
        connection = await connect(self._url, self._name)
        try:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await declare_exchange(channel)
        except BaseException:
            self._leave(connection)
            raise
        hung_up = asyncio.ensure_future(channel.closed())
        return Line(connection=connection, channel=channel, exchange=exchange, hung_up=hung_up)

    async def _doubt(self, line: Line | None, problem: Exception) -> None:
        """Decide whether a failure is the line's.

        A full queue's refusal is not. Nor is a broker short of disk or memory: only the line
        it blocked will hear when that is over.
        """
        if isinstance(problem, DeliveryError):
            return
        self._is_healthy = False
        log.warning("the broker takes nothing now", extra={"why": repr(problem)})
        if line is not None and not (line.is_open and await is_blocked(line.connection)):
            self._drop(line)

    def _drop(self, line: Line | None) -> None:
        if line is not None and line is self._line:
            self._line = None
            self._leave(line.connection)

    def _leave(self, connection: AbstractConnection) -> None:
        """Close in the background: nobody with a deadline waits for a goodbye."""
        leaving = asyncio.create_task(let_go(connection, self._deadlines))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
