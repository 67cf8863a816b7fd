"""What sagas tell of volumes and snapshots. Each function is one transaction, and may be repeated.

A volume that is no longer in the status the saga works in was taken over by somebody else, and
stays as it is.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing, failed
from services.volume.domain.snapshot import Snapshot, SnapshotStatus
from services.volume.domain.volume import NOT_PLACED, Volume
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases import following
from services.volume.usecases.attachments import Disk
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.contracts.gateway import Cluster
from shared.contracts.resources import DELETED, UPDATED

FILLING: Final = frozenset({Status.CREATING, Status.DOWNLOADING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong: in users' words, during which request."""

    doing: Doing
    why: str
    request_id: str | None


async def read(transaction: Transaction, volume_id: UUID) -> Volume | None:
    """Return a volume as it is now; None when it is gone."""
    async with transaction() as stores:
        return await stores.volumes.find(volume_id)


async def read_snapshot(transaction: Transaction, snapshot_id: UUID) -> Snapshot | None:
    """Return a snapshot as it is now; None when it is gone."""
    async with transaction() as stores:
        return await stores.snapshots.find(snapshot_id)


async def snapshots_of(transaction: Transaction, volume_id: UUID) -> list[Snapshot]:
    """Return the snapshots of a volume that are there."""
    async with transaction() as stores:
        return await stores.snapshots.of_volume(volume_id)


async def cluster_of(transaction: Transaction, name: str | None) -> Cluster | None:
    """Return a cluster, if it is known."""
    async with transaction() as stores:
        return await stores.projections.cluster(name or "")


async def being_copied(
    transaction: Transaction, *, volume_id: UUID | None = None, snapshot_id: UUID | None = None
) -> bool:
    """Whether another volume is being made from this volume or snapshot."""
    async with transaction() as stores:
        return await stores.volumes.being_made_from(source_id=volume_id, snapshot_id=snapshot_id)


async def become(
    transaction: Transaction,
    volume_id: UUID,
    during: Collection[Status],
    status: Status | None,
    **changes: Any,
) -> None:
    """Have a volume in a status, if it still is in one of those the saga works in.

    Args:
        transaction: of the service.
        volume_id: which; it may be gone.
        during: what the saga works in.
        status: what it becomes; None: what it was before.
        changes: what else changes.
    """
    async with transaction() as stores:
        await _become(stores, volume_id, during, status, **changes)
    await following.group_of_volume(transaction, volume_id)


async def _become(
    stores: Stores,
    volume_id: UUID,
    during: Collection[Status],
    status: Status | None,
    **changes: Any,
) -> Volume | None:
    volume = await stores.volumes.find(volume_id)
    if volume is None or volume.status not in during:
        return None
    now = utcnow()
    if status is None:
        return await save(stores, volume.as_before(now, **changes))
    became = volume.having(status, now, **changes)
    return await save(stores, became, DELETED if status is Status.DELETED else UPDATED)


async def not_become(
    transaction: Transaction,
    volume_id: UUID,
    during: Collection[Status],
    status: Status | None,
    trouble: Trouble,
    **changes: Any,
) -> None:
    """Have a volume in the status that says what went wrong, and tell its users why."""
    async with transaction() as stores:
        volume = await _become(stores, volume_id, during, status, **changes)
        if volume is not None:
            await stores.messages.add(
                failed(
                    trouble.doing,
                    trouble.why,
                    utcnow(),
                    project_id=volume.project_id,
                    resource_id=volume.id,
                    request_id=trouble.request_id,
                )
            )
    await following.group_of_volume(transaction, volume_id)


async def forget_place(transaction: Transaction, volume_id: UUID) -> None:
    """Note that nothing is stored of a volume any more."""
    async with transaction() as stores:
        volume = await stores.volumes.find(volume_id)
        if volume is not None and volume.cluster is not None:
            await save(stores, replace(volume, **NOT_PLACED))


async def has_storage(transaction: Transaction, volume_id: UUID, disk: Disk | None = None) -> None:
    """Note that a volume's storage is there."""
    async with transaction() as stores:
        volume = await stores.volumes.find(volume_id)
        if volume is None or (volume.has_content and disk is None):
            return
        there = replace(volume, has_content=True)
        if disk is not None:
            there = replace(there, disk_uuid=disk.uuid, disk_nodes=disk.nodes)
        await save(stores, there)


async def grown(transaction: Transaction, volume_id: UUID) -> None:
    """Note that a volume has the size it was to have."""
    async with transaction() as stores:
        volume = await stores.volumes.find(volume_id)
        if volume is not None and volume.status is Status.EXTENDING and volume.growing_to:
            size = volume.growing_to
            await save(stores, volume.as_before(utcnow(), size=size, growing_to=None))


async def snapshot_became(
    transaction: Transaction,
    snapshot_id: UUID,
    during: SnapshotStatus,
    status: SnapshotStatus,
    trouble: Trouble | None = None,
) -> None:
    """Have a snapshot in a status, if it still is in the one the saga works in."""
    async with transaction() as stores:
        await _snapshot_became(stores, snapshot_id, during, status, trouble)
    await following.whole_of_snapshot(transaction, snapshot_id)


async def _snapshot_became(
    stores: Stores,
    snapshot_id: UUID,
    during: SnapshotStatus,
    status: SnapshotStatus,
    trouble: Trouble | None,
) -> None:
    snapshot = await stores.snapshots.find(snapshot_id)
    if snapshot is None or snapshot.status is not during:
        return
    progress = "100%" if status is SnapshotStatus.AVAILABLE else snapshot.progress
    await stores.snapshots.save(snapshot.having(status, utcnow(), progress=progress))
    if trouble is not None:
        await stores.messages.add(
            failed(
                trouble.doing,
                trouble.why,
                utcnow(),
                project_id=snapshot.project_id,
                resource_id=snapshot.id,
                resource_type="VOLUME_SNAPSHOT",
                request_id=trouble.request_id,
            )
        )
