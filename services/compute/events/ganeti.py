"""What compute does when the watcher tells of Ganeti.

The ends of jobs and instances come by one queue, in the order in which they were told.
"""

from collections.abc import Sequence

from services.compute.store.stores import Transaction
from services.compute.usecases import observing
from shared.bus.contract import Delivery, Subscription
from shared.bus.reading import facts_in
from shared.contracts.ganeti import EpochChanged, InstanceObserved, JobObserved


def subscription(transaction: Transaction, prefix: str) -> Subscription:
    """Return the queue of Ganeti's news.

    Args:
        transaction: of the service.
        prefix: what our instances' names begin with.
    """

    async def handle(deliveries: Sequence[Delivery]) -> None:
        if epochs := facts_in(EpochChanged, deliveries):
            await observing.record_epochs(transaction, epochs)
        if jobs := facts_in(JobObserved, deliveries):
            await observing.record_jobs(transaction, jobs)
        if instances := facts_in(InstanceObserved, deliveries):
            await observing.record_instances(transaction, instances, prefix)

    return Subscription(
        queue="compute.ganeti",
        bindings=(
            JobObserved.binding(JobObserved.ENDED),
            InstanceObserved.binding(),
            EpochChanged.binding(),
        ),
        handle=handle,
    )
