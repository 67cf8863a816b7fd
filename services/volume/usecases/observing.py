"""Takes in what others tell: Ganeti's jobs and instances, clusters, images and servers.

Each function handles a batch in one transaction. News that came before changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from services.volume.domain.attachment import Attachment
from services.volume.domain.lifecycle import Status
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.attachments import ended
from services.volume.usecases.connecting import EVERYWHERE
from services.volume.usecases.telling import save
from shared.contracts.ganeti import InstanceObserved, JobObserved
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import ResourceChanged
from shared.contracts.storage import Pool

QUIET: Final = frozenset({Status.IN_USE})  # what a disk that is gone may end


async def record_jobs(transaction: Transaction, facts: Sequence[JobObserved]) -> None:
    """Take in news of jobs, and wake the sagas that wait for them."""
    async with transaction() as stores:
        await stores.sagas.wake_waiting(await stores.jobs.record(facts))


async def record_clusters(transaction: Transaction, facts: Sequence[ClusterChanged]) -> None:
    """Take in news of clusters."""
    async with transaction() as stores:
        await stores.projections.record_clusters(facts)


async def record_pool(transaction: Transaction, cluster: str, pool: Pool) -> None:
    """Take in how much room is behind a cluster's provider."""
    async with transaction() as stores:
        await stores.projections.record_pool(cluster, pool)


async def record_resources(transaction: Transaction, facts: Sequence[ResourceChanged]) -> None:
    """Take in news of images and servers."""
    async with transaction() as stores:
        await stores.projections.record_resources(facts)


async def record_instances(transaction: Transaction, facts: Sequence[InstanceObserved]) -> None:
    """Take in which disks instances have: where native volumes are, and which are gone."""
    newest: dict[tuple[str, str], InstanceObserved] = {}
    for fact in facts:
        key = (fact.cluster, fact.name)
        if fact.present and (key not in newest or fact.sequence > newest[key].sequence):
            newest[key] = fact
    if not newest:
        return
    async with transaction() as stores:
        await _find_disks(stores, list(newest.values()))
        names = sorted({name for _cluster, name in newest})
        for attachment in await stores.attachments.of_instances(names):
            seen = newest.get((str(attachment.host), str(attachment.instance)))
            if seen is not None:
                await _compare(stores, attachment, seen)


def _disks_of(fact: InstanceObserved) -> dict[UUID, str]:
    """Return Ganeti's uuids of the disks that are named as volumes are."""
    found: dict[UUID, str] = {}
    for disk in fact.disks:
        try:
            found[UUID(disk.name or "")] = disk.uuid or ""
        except ValueError:
            continue
    return found


async def _find_disks(stores: Stores, facts: Sequence[InstanceObserved]) -> None:
    """Note where the disks of native volumes are now: administrators move instances."""
    shown = {ident: (fact, uuid) for fact in facts for ident, uuid in _disks_of(fact).items()}
    if not shown:
        return
    for volume in await stores.volumes.with_ids(sorted(shown)):
        fact, uuid = shown[volume.id]
        moved = _moved(volume, fact, uuid)
        if moved != volume:
            await save(stores, moved)


def _moved(volume: Volume, fact: InstanceObserved, uuid: str) -> Volume:
    is_known = volume.driver == Driver.NATIVE and volume.has_content and uuid
    if not is_known or volume.cluster != fact.cluster:
        return volume
    every = () if volume.disk_template in EVERYWHERE else (fact.node, *fact.secondaries)
    nodes = tuple(node for node in every if node)
    return replace(volume, disk_uuid=uuid, disk_nodes=nodes)


async def _compare(stores: Stores, attachment: Attachment, fact: InstanceObserved) -> None:
    """Note that a disk is there; or, where it was seen before, that somebody took it away."""
    if attachment.volume_id in _disks_of(fact):
        await stores.attachments.saw([attachment.id], fact.sequence)
        return
    if attachment.seen_sequence is None or attachment.seen_sequence >= fact.sequence:
        return
    volume = await stores.volumes.find(attachment.volume_id)
    if volume is not None and volume.status in QUIET:
        await ended(stores, attachment)
