"""A consumer of news that remembers each delivery, on a broker that fails."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from shared.bus.connection import Deadlines
from shared.bus.contract import Bus, Delivery, Subscription
from shared.contracts.base import Envelope
from shared.contracts.gateway import ClusterChanged
from shared.errors import Unavailable
from tests.integration.rapi_gateway.rig import until

QUICK = Deadlines(answer=2.0, close=0.5, watch=0.2, longest_pause=0.2)
SOON = 60.0


async def declared(bus: Bus, entry: Subscription) -> None:
    """Have the queue, as soon as a broker that was just started can make one."""

    async def made() -> bool:
        try:
            await bus.declare(entry)
        except Unavailable:
            return False
        return True

    await until(made, SOON)


@dataclass(slots=True)
class Listener:
    """Hears of clusters."""

    heard: Counter[tuple[str, int]] = field(default_factory=Counter)  # (message id, version)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, batch: Sequence[Delivery]) -> None:
        async with self.progress:
            for delivery in batch:
                order = int(Envelope.read(delivery.body).sequence)
                self.heard[delivery.message_id, order] += 1
            self.progress.notify_all()

    @property
    def versions(self) -> set[int]:
        """The versions heard of."""
        return {version for _id, version in self.heard}

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news."""
        async with asyncio.timeout(SOON), self.progress:
            await self.progress.wait_for(condition)

    def subscription(self) -> Subscription:
        """Return a subscription to all news of clusters, by a queue of its own."""
        name = f"test.{uuid4().hex}"
        return Subscription(queue=name, bindings=(ClusterChanged.binding(),), handle=self)
