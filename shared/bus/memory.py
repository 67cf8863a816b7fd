"""The bus inside one process: for the all-in-one demo, and for tests that break it on purpose.

Nothing here outlives the process, so the only safe place for news that is not handled yet is
the publisher's outbox. ``publish`` therefore returns only when every queue that wants a
message has handled it, or buried it: until then the outbox keeps the row, and a process that
dies in between publishes it again when it is back.

This cannot lock up. Handlers never publish: they write outbox rows and return, so no handler
waits for a publisher. A publisher that waited too long gets ``Unavailable`` and tries again
later; the repeat finds the copies of its first try and joins them instead of adding more, so
one slow queue delays what comes after it and costs no memory and no second handling.
A queue nobody consumes holds back whatever is bound to it: declare only what you consume.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from shared.bus.contract import Delivery, Outgoing, Subscription
from shared.bus.handling import DELIVERY_LIMIT, PAUSES, Pauses, Verdict, handle_batch
from shared.bus.memory_queue import Copy, MemoryQueue, Ticket
from shared.errors import Unavailable

log = logging.getLogger(__name__)

NOT_TAKEN = "The message bus did not take the news in time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong on purpose; tests and the demo's chaos switch set it on ``faults``.

    Args:
        refuse: take nothing, and say so.
        lose_confirms: take everything, but tell the publisher that nothing was taken.
        duplicate: deliver every message twice.
        reorder: shuffle the messages that are published together.
        delay: seconds that pass before a batch is handled.
    """

    refuse: bool = False
    lose_confirms: bool = False
    duplicate: bool = False
    reorder: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Buried:
    """A message some queue gave up."""

    queue: str
    delivery: Delivery


class MemoryBus:
    """Keeps the contract of ``shared.bus.contract.Bus`` without a broker.

    Args:
        patience: seconds a publish may take.
        pauses: how long failed messages are held.
        capacity: messages a queue takes before publishers wait.
        seed: makes the ``reorder`` fault repeatable.
    """

    def __init__(
        self,
        *,
        patience: float = 5.0,
        pauses: Pauses = PAUSES,
        capacity: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.faults = Faults()
        self.dead: deque[Buried] = deque(maxlen=capacity)
        self._patience = patience
        self._pauses = pauses
        self._capacity = capacity
        self._random = random.Random(seed)
        self._queues: dict[str, MemoryQueue] = {}
        self._tickets: dict[str, Ticket] = {}
        self._moved = asyncio.Event()
        self._closed = False

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once every queue that wants a message is done with it.

        Raises:
            Unavailable: that took too long, or the bus is closed. What was taken stays taken.
        """
        if not self.is_ready():
            raise Unavailable(NOT_TAKEN)
        try:
            async with asyncio.timeout(self._patience):
                tickets = [await self._enter(message) for message in self._in_order(messages)]
                if self.faults.lose_confirms:
                    self._forget(tickets)
                    raise Unavailable(NOT_TAKEN)
                for ticket in tickets:
                    await ticket.settled.wait()
        except TimeoutError:
            raise Unavailable(NOT_TAKEN) from None
        if self._closed:
            raise Unavailable(NOT_TAKEN)
        self._forget(tickets)

    async def declare(self, subscription: Subscription) -> None:
        """Have the queue; it keeps what is published from now on, in this process."""
        self._declared(subscription)

    async def consume(self, subscription: Subscription) -> None:
        """Feed the subscription until cancelled; what it had in hand then is delivered again."""
        queue = self._declared(subscription)
        while True:
            copies = await queue.take(subscription.prefetch)
            await self._deliver(subscription, queue, copies)

    def is_ready(self) -> bool:
        """Whether a message would be taken now."""
        return not (self._closed or self.faults.refuse)

    async def close(self) -> None:
        """Let go of every publisher; their rows are still in the outbox."""
        self._closed = True
        for queue in self._queues.values():
            queue.close()
        for ticket in self._tickets.values():
            ticket.settled.set()
        self._moved.set()

    def _declared(self, subscription: Subscription) -> MemoryQueue:
        queue = self._queues.get(subscription.queue)
        if queue is None:
            queue = self._queues[subscription.queue] = MemoryQueue(
                subscription.queue,
                capacity=self._capacity,
                limit=DELIVERY_LIMIT,
                bury=self._bury,
                moved=self._moved.set,
            )
        queue.bind(subscription.bindings)
        return queue

    def _in_order(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        if self.faults.reorder:
            return self._random.sample(messages, len(messages))
        return messages

    async def _enter(self, message: Outgoing) -> Ticket:
        """Put the message into all its queues at once, as soon as all have room."""
        wanted_by = [queue for queue in self._queues.values() if queue.wants(message.routing_key)]
        while True:
            known = self._tickets.get(message.message_id)
            if known is not None:
                return known
            if not any(queue.is_full for queue in wanted_by):
                break
            if self._closed:
                raise Unavailable(NOT_TAKEN)
            self._moved.clear()
            await self._moved.wait()
        ticket = Ticket(message_id=message.message_id)
        delivery = Delivery(
            routing_key=message.routing_key, message_id=message.message_id, body=message.body
        )
        for queue in wanted_by * (2 if self.faults.duplicate else 1):
            queue.put(Copy(ticket=ticket, delivery=delivery))
        ticket.settle_if_done()
        self._remember(ticket)
        return ticket

    def _remember(self, ticket: Ticket) -> None:
        """Keep the ticket for a repeat; drop those whose publisher never came back."""
        self._tickets[ticket.message_id] = ticket
        while len(self._tickets) > self._capacity:
            oldest = next(iter(self._tickets.values()))
            if not oldest.settled.is_set():
                break
            del self._tickets[oldest.message_id]

    def _forget(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            self._tickets.pop(ticket.message_id, None)

    async def _deliver(
        self, subscription: Subscription, queue: MemoryQueue, copies: Sequence[Copy]
    ) -> None:
        in_hand = list(copies)

        async def settle(places: Sequence[int], verdict: Verdict) -> None:
            for copy in [copies[place] for place in places]:
                in_hand.remove(copy)
                match verdict:
                    case Verdict.DONE:
                        queue.finish(copy)
                    case Verdict.BURY:
                        queue.give_up(copy)
                    case Verdict.RETRY:
                        queue.hold(copy, self._pauses.after(copy.delivery.tries))

        try:
            await asyncio.sleep(self.faults.delay)
            await handle_batch(subscription, [copy.delivery for copy in copies], settle)
        finally:
            queue.give_back(in_hand)

    def _bury(self, queue: str, delivery: Delivery) -> None:
        log.error(
            "message buried",
            extra={
                "queue": queue,
                "message_id": delivery.message_id,
                "routing_key": delivery.routing_key,
                "tries": delivery.tries,
            },
        )
        self.dead.append(Buried(queue=queue, delivery=delivery))
