"""What compute does when the gateway tells of clusters and their capacity."""

from collections.abc import Sequence

from services.compute.store.stores import Transaction
from services.compute.usecases import observing
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.gateway import ClusterChanged


def subscription(transaction: Transaction) -> Subscription:
    """Return the queue of clusters."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        await observing.record_clusters(transaction, facts_in(ClusterChanged, deliveries))

    return Subscription(
        queue="compute.clusters", bindings=(ClusterChanged.binding(),), handle=handle
    )
