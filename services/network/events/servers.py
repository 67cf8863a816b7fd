"""What the network service does when servers are gone: no port stays behind."""

from collections.abc import Sequence

from services.network.store.stores import Transaction
from services.network.usecases import observations
from services.network.usecases.bindings import Ganeti
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.resources import DELETED, ServerChanged


def servers(transaction: Transaction, names: Ganeti) -> Subscription:
    """Return the subscription to servers."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = facts_in(ServerChanged, deliveries)
        gone = sorted({fact.id for fact in facts if fact.gone})
        if gone:
            await observations.release_ports(transaction, names, gone)

    return Subscription(
        queue="network.servers", bindings=(ServerChanged.binding(DELETED),), handle=handle
    )
