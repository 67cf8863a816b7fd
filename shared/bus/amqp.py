"""The bus on RabbitMQ.

Publishing has a connection of its own, and so has every consumer: a broker that is short of
memory stops reading from publishers, and must still hear what consumers acknowledge.
"""

from collections.abc import Sequence

from pydantic import SecretStr

from shared.bus.connection import DEADLINES, Deadlines, check_address
from shared.bus.consumer import Consumer
from shared.bus.contract import Outgoing, Subscription
from shared.bus.handling import PAUSES, Pauses
from shared.bus.publisher import Publisher


class AmqpBus:
    """Keeps the contract of ``shared.bus.contract.Bus`` on a broker.

    Args:
        url: ``amqp://user:password@host:port/vhost``, or ``amqps``; never logged.
        name: who we are, for the broker's operators.
        deadlines: how long the broker may take.
        pauses: how long failed messages are held.

    Raises:
        ValueError: the URL is none; the message does not repeat it.
    """

    def __init__(
        self,
        url: SecretStr | str,
        *,
        name: str = "cyclades",
        deadlines: Deadlines = DEADLINES,
        pauses: Pauses = PAUSES,
    ) -> None:
        self._url = url if isinstance(url, SecretStr) else SecretStr(url)
        check_address(self._url)
        self._name = name
        self._deadlines = deadlines
        self._pauses = pauses
        self._publisher = Publisher(self._url, f"{name} publisher", deadlines)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return once the broker has confirmed every message; order is kept.

        Raises:
            shared.errors.Unavailable: not in time, or a queue is full. Some may still arrive.
        """
        await self._publisher.publish(messages)

    async def consume(self, subscription: Subscription) -> None:
        """Feed the subscription until cancelled; survives the broker going away."""
        consumer = Consumer(
            self._url,
            f"{self._name} {subscription.queue}",
            subscription,
            deadlines=self._deadlines,
            pauses=self._pauses,
        )
        await consumer.run()

    async def declare(self, subscription: Subscription) -> None:
        """Have the queue and its bindings, so that nothing published from now on is missed.

        Raises:
            shared.errors.Unavailable: the broker cannot be asked now.
        """
        await self._publisher.declare(subscription)

    def is_ready(self) -> bool:
        """Whether the broker would take a message now."""
        return self._publisher.is_ready()

    async def close(self) -> None:
        """Hang up the publisher; consumers end when their tasks are cancelled."""
        await self._publisher.close()
