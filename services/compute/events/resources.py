"""What compute does when its neighbours tell of images, volumes, networks and their parts."""

from collections.abc import Sequence
from typing import Final

from services.compute.store.stores import Transaction
from services.compute.usecases import extending, floating, observing
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.resources import (
    FloatingIpChanged,
    ImageChanged,
    NetworkChanged,
    PortChanged,
    ResourceChanged,
    SecurityGroupChanged,
    SubnetChanged,
    VolumeChanged,
)

KINDS: Final[tuple[type[ResourceChanged], ...]] = (
    ImageChanged,
    NetworkChanged,
    PortChanged,
    SecurityGroupChanged,
    SubnetChanged,
    VolumeChanged,
)


def subscription(transaction: Transaction) -> Subscription:
    """Return the queue of neighbours' resources."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = [fact for kind in KINDS for fact in facts_in(kind, deliveries)]
        await observing.record_resources(transaction, facts)
        if addresses := facts_in(FloatingIpChanged, deliveries):
            await floating.record(transaction, addresses)
        if volumes := facts_in(VolumeChanged, deliveries):
            await extending.record_volumes(transaction, volumes)

    return Subscription(
        queue="compute.resources",
        bindings=(
            *(kind.binding() for kind in KINDS),
            FloatingIpChanged.binding(),
        ),
        handle=handle,
    )
