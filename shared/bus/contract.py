"""The bus as its users see it, whichever transport carries it.

Two transports keep this contract, and one suite of tests holds both to it: AMQP
(``shared.bus.amqp``, RabbitMQ) and in-process (``shared.bus.memory``, the all-in-one demo).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One event on its way to the bus."""

    routing_key: str
    message_id: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event as a consumer receives it."""

    routing_key: str
    message_id: str
    body: bytes
    tries: int = 0  # how often it was delivered before


BatchHandler = Callable[[Sequence[Delivery]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One durable queue of one consumer, ``<service>.<purpose>``.

    ``handle`` gets up to ``prefetch`` deliveries in the order of the queue; returning
    acknowledges them all. When it raises, the batch is handled again one by one, so that
    only what fails is retried (held longer each time) and, after the delivery limit, buried
    in ``cyclades.dead``. ``pydantic.ValidationError`` buries at once: it will never be readable.

    A broker that did not have the queue has dropped what was published before. Then ``missed`` is
    awaited, once the queue is there; without one, all services are asked to publish it again.
    """

    queue: str
    bindings: tuple[str, ...]
    handle: BatchHandler
    prefetch: int = 100
    missed: Callable[[], Awaitable[None]] | None = None


class Bus(Protocol):
    """Publishes facts and feeds consumers."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once the broker has taken every message; order is kept.

        Raises:
            shared.errors.Unavailable: the broker did not confirm in time. Some messages may
                still arrive: consumers drop repeats.
        """

    async def consume(self, subscription: Subscription) -> None:
        """Feed the subscription until cancelled; survives the broker going away."""

    async def declare(self, subscription: Subscription) -> None:
        """Have the queue and its bindings, so that nothing published from now on is missed."""

    def is_ready(self) -> bool:
        """Whether the bus would take a message now."""

    async def close(self) -> None:
        """Let go of the broker."""
