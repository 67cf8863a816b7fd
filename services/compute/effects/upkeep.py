"""What compute does by the clock: ask after clusters, and forget what is over.

Clusters come by events; asking for them now and then is the safety net of a new database, and of
news that was lost while the queue did not exist.
"""

import asyncio
from datetime import timedelta
from typing import Final, Protocol

from services.compute.store.stores import Transaction
from services.compute.usecases import observing, resizing
from shared.clock import utcnow
from shared.contracts.gateway import Cluster, ClusterChanged
from shared.errors import Unavailable

ASK_EVERY: Final = 60.0  # seconds
ASK_AGAIN: Final = 2.0  # seconds, while the gateway does not answer
FORGET_EVERY: Final = 3600.0  # seconds
CONFIRM_EVERY: Final = 10.0  # seconds


class Clusters(Protocol):
    """The RAPI gateway."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters with their capacity."""
        ...


async def ask_after_clusters(transaction: Transaction, gateway: Clusters) -> bool:
    """Take in the clusters there are; return whether the gateway answered."""
    try:
        found = await gateway.clusters()
    except Unavailable:
        return False
    await observing.record_clusters(transaction, [ClusterChanged(cluster=each) for each in found])
    return True


async def keep_asking(transaction: Transaction, gateway: Clusters) -> None:
    """Ask after clusters until cancelled."""
    while True:
        answered = await ask_after_clusters(transaction, gateway)
        await asyncio.sleep(ASK_EVERY if answered else ASK_AGAIN)


async def forget_once(transaction: Transaction) -> None:
    """Drop a batch of ended sagas, old jobs and resources that are gone."""
    async with transaction() as stores:
        await stores.sagas.forget()
        await stores.jobs.forget()
        await stores.projections.forget()
        await stores.consoles.forget()
        await stores.seeds.forget()


async def keep_forgetting(transaction: Transaction) -> None:
    """Drop what is over until cancelled."""
    while True:
        await forget_once(transaction)
        await asyncio.sleep(FORGET_EVERY)


async def keep_confirming(transaction: Transaction, window: int) -> None:
    """Confirm resizes and moves that waited for it so many seconds, until cancelled; 0: none."""
    while True:
        await asyncio.sleep(CONFIRM_EVERY)
        if window:
            await resizing.confirm_old(transaction, utcnow() - timedelta(seconds=window))
