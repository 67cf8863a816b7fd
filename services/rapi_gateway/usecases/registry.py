"""Writes clusters down and tells the cloud: the two never happen apart."""

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.observation import at_master
from services.rapi_gateway.store.stores import Stores
from shared.contracts.ganeti import EpochChanged
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import CREATED, DELETED, UPDATED

__all__ = ["CREATED", "DELETED", "UPDATED", "epoch_of_job", "record_change", "tell", "tell_epoch"]


async def record_change(
    stores: Stores, old: Registered, new: Registered, broken: str | None = None
) -> Registered:
    """Write a cluster that is held; others hear of it only when what they see has changed.

    Args:
        stores: of the transaction that holds the cluster.
        old: as it was read.
        new: as it shall be.
        broken: why its job history broke, if it did.
    """
    if new == old:
        return old
    if new.view != old.view:
        new = new.seen(version=old.view.version + 1)
    await stores.clusters.save(new)
    if new.view != old.view:
        await tell(stores, new, UPDATED)
    if broken is not None:
        await tell_epoch(stores, new, broken)
    return new


async def tell(stores: Stores, cluster: Registered, verb: str) -> None:
    """Tell the cloud about a cluster."""
    await stores.outbox.publish(ClusterChanged(verb=verb, cluster=cluster.view))


async def tell_epoch(stores: Stores, cluster: Registered, reason: str) -> None:
    """Tell the cloud that job ids of a cluster mean other jobs from now on."""
    epoch = cluster.view.epoch
    await stores.outbox.publish(EpochChanged(cluster=cluster.name, epoch=epoch, reason=reason))


async def epoch_of_job(stores: Stores, name: str, job_id: int, *, hwm: int, epoch: int) -> int:
    """Return the epoch a newly accepted job belongs to.

    A job id that is not higher than those known before it was submitted begins a new epoch.

    Args:
        stores: of a transaction.
        name: the cluster.
        job_id: the accepted job.
        hwm: the highest job id known when it was submitted.
        epoch: of that id.
    """
    if job_id > hwm:
        return await stores.clusters.epoch(name)
    held = await stores.clusters.hold(name)
    if held.view.epoch != epoch:  # somebody has noticed already
        return held.view.epoch
    new, broken = at_master(held, held.view.master, job_id, same=False)
    return (await record_change(stores, held, new, broken)).view.epoch
