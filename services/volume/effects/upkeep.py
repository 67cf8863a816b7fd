"""What the volume service does by the clock: ask after clusters and pools, forget what is over.

Clusters come by events; asking for them now and then is the safety net of a new database, and of
news that was lost while the queue did not exist.
"""

import asyncio
from typing import Final, Protocol

import structlog

from services.volume.effects.cloud import Storage
from services.volume.store.stores import Transaction
from services.volume.usecases import observing
from shared.contracts.gateway import Cluster, ClusterChanged
from shared.errors import CloudError, Unavailable

log = structlog.get_logger(__name__)
ASK_EVERY: Final = 60.0  # seconds
ASK_AGAIN: Final = 2.0  # seconds, while the gateway does not answer
FORGET_EVERY: Final = 3600.0  # seconds


class Clusters(Protocol):
    """The RAPI gateway."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters with their capacity."""
        ...


async def ask_after_clusters(transaction: Transaction, gateway: Clusters, storage: Storage) -> bool:
    """Take in the clusters there are, and their pools; return whether the gateway answered."""
    try:
        found = await gateway.clusters()
    except Unavailable:
        return False
    await observing.record_clusters(transaction, [ClusterChanged(cluster=each) for each in found])
    for each in found:
        if each.has_agent:
            await _ask_after_pool(transaction, storage, each.name)
    return True


async def _ask_after_pool(transaction: Transaction, storage: Storage, cluster: str) -> None:
    try:
        pool = await storage.pool(cluster)
    except CloudError as silent:
        log.info("no answer from a storage agent", cluster=cluster, why=silent.message)
        return
    await observing.record_pool(transaction, cluster, pool)


async def keep_asking(transaction: Transaction, gateway: Clusters, storage: Storage) -> None:
    """Ask after clusters until cancelled."""
    while True:
        answered = await ask_after_clusters(transaction, gateway, storage)
        await asyncio.sleep(ASK_EVERY if answered else ASK_AGAIN)


async def forget_once(transaction: Transaction) -> None:
    """Drop ended sagas, old jobs and messages, and resources that are gone."""
    async with transaction() as stores:
        await stores.sagas.forget()
        await stores.jobs.forget()
        await stores.projections.forget()
        await stores.messages.forget()


async def keep_forgetting(transaction: Transaction) -> None:
    """Drop what is over until cancelled."""
    while True:
        await forget_once(transaction)
        await asyncio.sleep(FORGET_EVERY)
