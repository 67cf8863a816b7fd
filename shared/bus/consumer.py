"""Feeds one subscription from the broker, for as long as its service runs.

Each life of a consumer has a connection of its own and a watch over it. When the connection
is lost, or the watch gets no answer through it, everything of that life is thrown away,
handling included, and a new life begins; the broker delivers again what was not settled.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TypeVar

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from pydantic import SecretStr

from shared.bus.connection import Deadlines, connected
from shared.bus.contract import Delivery, Subscription
from shared.bus.guard import guarded
from shared.bus.handling import Pauses, Verdict, handle_batch
from shared.bus.missing import make_up
from shared.bus.topology import declare_queue, has_queue

log = logging.getLogger(__name__)

Inbox = asyncio.Queue[AbstractIncomingMessage]
Item = TypeVar("Item")

BUSY: Final = 5  # messages in a batch that say that there are more on their way
LINGER: Final = 0.02  # seconds that a batch may fill in then
Held = set[asyncio.Task[None]]


class Consumer:
    """One subscription at the broker.

    Args:
        url: the broker's address, with the password.
        name: what the broker's operators see the connection as.
        subscription: what to feed.
        deadlines: how long the broker may take.
        pauses: how long failed messages are held.
    """

    def __init__(
        self,
        url: SecretStr,
        name: str,
        subscription: Subscription,
        *,
        deadlines: Deadlines,
        pauses: Pauses,
    ) -> None:
        self._url = url
        self._name = name
        self._subscription = subscription
        self._deadlines = deadlines
        self._pauses = pauses

    async def run(self) -> None:
        """Live one life after another, until cancelled."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            born = clock()
            try:
                await guarded(self._live())
            except Exception as problem:
                log.warning(
                    "a consumer starts over",
                    extra={"queue": self._subscription.queue, "why": repr(problem)},
                )
            lived = clock() - born
            failures = 0 if lived > 2 * self._deadlines.answer else failures + 1
            await asyncio.sleep(self._deadlines.pause_after(failures))

    async def _live(self) -> None:
        """Consume over one connection, until it is lost; never returns otherwise."""
        inbox: Inbox = asyncio.Queue()  # bounded by the prefetch
        held: Held = set()
        async with connected(self._url, self._name, self._deadlines) as connection:
            async with asyncio.timeout(self._deadlines.answer):
                is_new = not await has_queue(connection, self._subscription.queue)
                channel = await self._subscribe(connection, inbox)
            if is_new:
                await make_up(connection, self._subscription, self._deadlines)
            watch = asyncio.create_task(self._watch(channel))
            work = asyncio.create_task(self._work(inbox, held))
            try:
                # However one of them ends, cancelled from below included, this life is over.
                await asyncio.wait([watch, work], return_when=asyncio.FIRST_COMPLETED)
            finally:
                ending = [watch, work, *held]
                for task in ending:
                    task.cancel()
                ends = await asyncio.gather(*ending, return_exceptions=True)
            raise next((end for end in ends if isinstance(end, Exception)), ConnectionError())

    async def _subscribe(self, connection: AbstractConnection, inbox: Inbox) -> AbstractChannel:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=self._subscription.prefetch)
        queue = await declare_queue(channel, self._subscription)

        async def receive(message: AbstractIncomingMessage) -> None:
            inbox.put_nowait(message)

        await queue.consume(receive)
        return channel

    async def _watch(self, channel: AbstractChannel) -> None:
        """Raise as soon as the path to the queue is lost, or does not answer."""
        hung_up = asyncio.ensure_future(channel.closed())
        while True:
            await asyncio.wait([hung_up], timeout=self._deadlines.watch)
            if hung_up.done():
                raise ConnectionError("The broker is gone.")
            async with asyncio.timeout(self._deadlines.answer):
                queue = await channel.declare_queue(self._subscription.queue, passive=True)
            if not queue.declaration_result.consumer_count:
                raise ConnectionError("The broker forgot this consumer.")

    async def _work(self, inbox: Inbox, held: Held) -> None:
        """Handle what is there, in batches."""
        many = 0
        while True:
            batch = await gathered(inbox, self._subscription.prefetch, busy=many >= BUSY)
            many = len(batch)
            await self._deliver(batch, held)

    async def _deliver(self, batch: Sequence[AbstractIncomingMessage], held: Held) -> None:
        deliveries = [_delivery(message) for message in batch]

        async def settle(places: Sequence[int], verdict: Verdict) -> None:
            if verdict is Verdict.DONE and len(places) == len(batch) and not held:
                # Everything before is settled, so one word to the broker settles all of it:
                # told one by one, it writes each down by itself, and confirms wait for that.
                await batch[-1].ack(multiple=True)
                return
            for place in places:
                await self._settle_one(batch[place], deliveries[place], verdict, held)

        await handle_batch(self._subscription, deliveries, settle)

    async def _settle_one(
        self, message: AbstractIncomingMessage, delivery: Delivery, verdict: Verdict, held: Held
    ) -> None:
        match verdict:
            case Verdict.DONE:
                await message.ack()
            case Verdict.BURY:
                await message.reject(requeue=False)
            case Verdict.RETRY:
                holding = asyncio.create_task(_hold(message, self._pauses.after(delivery.tries)))
                held.add(holding)
                holding.add_done_callback(held.discard)


async def gathered(inbox: asyncio.Queue[Item], most: int, *, busy: bool) -> list[Item]:
    """Return what is there, and at least one; when there is little to do, at once.

    A batch costs its handler a transaction, and the broker an acknowledgement, however small it
    is. The broker's messages trickle in, even those that it has sent already: in busy times
    batches get a moment to fill.

    Args:
        inbox: where they come from.
        most: how many are sent to us before we say something.
        busy: whether there was much in the last batch.
    """
    batch = [await inbox.get()]
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while busy and len(batch) < most:
                batch.append(await inbox.get())
    while not inbox.empty():
        batch.append(inbox.get_nowait())
    return batch


async def _hold(message: AbstractIncomingMessage, seconds: float) -> None:
    """Keep a failed message from coming back at once; it counts against the prefetch."""
    await asyncio.sleep(seconds)
    try:
        await message.nack(requeue=True)
    except Exception as problem:  # with its connection gone, it comes back by itself
        log.debug("a message was not given back", extra={"why": repr(problem)})


def _delivery(message: AbstractIncomingMessage) -> Delivery:
    return Delivery(
        routing_key=message.routing_key or "",
        message_id=message.message_id or "",
        body=message.body,
        tries=int(str(message.headers.get("x-delivery-count") or 0)),
    )
