"""What the network service does by the clock: ask after clusters, and forget what is over."""

import asyncio
from typing import Final, Protocol

from services.network.store.stores import Transaction
from services.network.usecases import observations
from services.network.usecases.bindings import facts_of
from shared.contracts.gateway import Cluster
from shared.errors import CloudError

ASK_EVERY: Final = 60.0  # seconds; clusters come by events, this is for lost ones
ASK_AGAIN: Final = 2.0  # seconds, while the gateway does not answer
FORGET_EVERY: Final = 3600.0  # seconds


class Clusters(Protocol):
    """The RAPI gateway."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""


async def ask_after_clusters(transaction: Transaction, gateway: Clusters) -> bool:
    """Take in the clusters there are; return whether the gateway answered."""
    try:
        found = await gateway.clusters()
    except CloudError:
        return False
    await observations.record_clusters(transaction, [facts_of(each) for each in found])
    return True


async def keep_asking(transaction: Transaction, gateway: Clusters) -> None:
    """Ask after clusters until cancelled."""
    while True:
        answered = await ask_after_clusters(transaction, gateway)
        await asyncio.sleep(ASK_EVERY if answered else ASK_AGAIN)


async def forget_once(transaction: Transaction) -> None:
    """Drop a batch of ended sagas and old jobs, and ranges in which no address is left."""
    async with transaction() as stores:
        await stores.sagas.forget()
        await stores.jobs.forget()
        await stores.addresses.forget_used_up()


async def keep_forgetting(transaction: Transaction) -> None:
    """Drop what is over until cancelled."""
    while True:
        await forget_once(transaction)
        await asyncio.sleep(FORGET_EVERY)
