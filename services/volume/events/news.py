"""What the volume service does when others tell: of Ganeti, of clusters, of images and servers."""

from collections.abc import Sequence

from services.volume.store.stores import Transaction
from services.volume.usecases import observing
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.ganeti import InstanceObserved, JobObserved
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import ImageChanged, ServerChanged


def ganeti(transaction: Transaction) -> Subscription:
    """Return the queue of the ends of Ganeti's jobs and of instances, in one order."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        if jobs := facts_in(JobObserved, deliveries):
            await observing.record_jobs(transaction, jobs)
        if instances := facts_in(InstanceObserved, deliveries):
            await observing.record_instances(transaction, instances)

    return Subscription(
        queue="volume.ganeti",
        bindings=(JobObserved.binding(JobObserved.ENDED), InstanceObserved.binding()),
        handle=handle,
    )


def clusters(transaction: Transaction) -> Subscription:
    """Return the queue of clusters."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        await observing.record_clusters(transaction, facts_in(ClusterChanged, deliveries))

    return Subscription(
        queue="volume.clusters", bindings=(ClusterChanged.binding(),), handle=handle
    )


def resources(transaction: Transaction) -> Subscription:
    """Return the queue of images, which volumes are made from, and servers, which use them."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        facts = [*facts_in(ImageChanged, deliveries), *facts_in(ServerChanged, deliveries)]
        await observing.record_resources(transaction, facts)

    return Subscription(
        queue="volume.resources",
        bindings=(ImageChanged.binding(), ServerChanged.binding()),
        handle=handle,
    )
