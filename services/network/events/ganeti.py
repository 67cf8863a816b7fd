"""What the network service does with news of Ganeti: jobs, instances, clusters."""

from collections.abc import Sequence

from services.network.store.stores import Transaction
from services.network.usecases import observations
from services.network.usecases.bindings import Ganeti, facts_of
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.ganeti import InstanceObserved, JobObserved
from shared.contracts.gateway import ClusterChanged


def jobs(transaction: Transaction) -> Subscription:
    """Return the subscription to the ends of jobs: sagas wait for theirs."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = facts_in(JobObserved, deliveries)
        await observations.record_jobs(transaction, facts)

    return Subscription(
        queue="network.ganeti-jobs",
        bindings=(JobObserved.binding(JobObserved.ENDED),),
        handle=handle,
    )


def instances(transaction: Transaction, names: Ganeti) -> Subscription:
    """Return the subscription to instances: the status of ports follows them."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = facts_in(InstanceObserved, deliveries)
        await observations.record_instances(transaction, names, facts)

    return Subscription(
        queue="network.ganeti-instances", bindings=(InstanceObserved.binding(),), handle=handle
    )


def clusters(transaction: Transaction) -> Subscription:
    """Return the subscription to clusters: where physical networks are found on them."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = facts_in(ClusterChanged, deliveries)
        await observations.record_clusters(transaction, [facts_of(each.cluster) for each in facts])

    return Subscription(
        queue="network.clusters", bindings=(ClusterChanged.binding(),), handle=handle
    )
