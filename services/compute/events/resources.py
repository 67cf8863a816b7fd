"""What compute does when its neighbours tell of images, networks, ports and security groups."""

from collections.abc import Sequence
from typing import Final

from services.compute.events.reading import facts_of
from services.compute.store.stores import Transaction
from services.compute.usecases import observing
from shared.bus.contract import Delivery, Subscription
from shared.contracts.resources import (
    ImageChanged,
    NetworkChanged,
    PortChanged,
    ResourceChanged,
    SecurityGroupChanged,
)

KINDS: Final[tuple[type[ResourceChanged], ...]] = (
    ImageChanged,
    NetworkChanged,
    PortChanged,
    SecurityGroupChanged,
)


def subscription(transaction: Transaction) -> Subscription:
    """Return the queue of neighbours' resources."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = [fact for kind in KINDS for fact in facts_of(kind, deliveries)]
        await observing.record_resources(transaction, facts)

    return Subscription(
        queue="compute.resources",
        bindings=tuple(kind.binding() for kind in KINDS),
        handle=handle,
    )
