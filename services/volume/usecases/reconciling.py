"""Finds what volumes and their storage disagree on, and puts right what lasts.

Each round looks at the next volumes of a cluster, and at what was found before. What was there in
two rounds, with no change of the volume in between, is looked at in the storage itself again and
put right only if it is still so. Nothing is ever removed from the storage.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.volume.domain.differences import (
    HEALED,
    Found,
    Kind,
    compared,
    gigabytes,
    stuck,
)
from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.domain.snapshot import Snapshot, SnapshotStatus
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver
from services.volume.store.stores import Transaction
from services.volume.usecases import progress
from services.volume.usecases.progress import Trouble
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.contracts.storage import StoredSnapshot, StoredVolume
from shared.db.drifts import Difference, Drift
from shared.errors import StaleWrite

log = structlog.get_logger(__name__)

NOWHERE: Final = ""  # the cluster of what has no storage yet
FIRST: Final = UUID(int=0)
UNATTENDED: Final = "Nobody carried it out."
Stored = StoredVolume | StoredSnapshot | None

# What becomes of a volume that nobody is at work on; what the storage has may say better.
ENDS: Final[Mapping[Status, tuple[Status | None, Doing]]] = {
    Status.CREATING: (Status.ERROR, Doing.CREATE),
    Status.DOWNLOADING: (Status.ERROR, Doing.DOWNLOAD),
    Status.EXTENDING: (Status.ERROR_EXTENDING, Doing.EXTEND),
    Status.UPLOADING: (None, Doing.UPLOAD),
    Status.REVERTING: (Status.ERROR, Doing.REVERT),
    Status.DELETING: (Status.ERROR_DELETING, Doing.DELETE),
}


async def at_rest(
    transaction: Transaction, cluster: str, after: UUID, limit: int
) -> Sequence[Volume]:
    """Return the volumes of a cluster to look at now: the next ones, and those that differ."""
    async with transaction() as stores:
        known = [
            UUID(each.difference.subject)
            for each in await stores.drifts.known()
            if each.difference.cluster == cluster
        ]
        return await stores.unattended.at_rest(cluster, after, limit, known)


async def compare(
    transaction: Transaction,
    cluster: str,
    seen: Sequence[tuple[Volume, StoredVolume | None]],
    apart: timedelta = timedelta(0),
) -> list[Found]:
    """Compare volumes with what is stored of them; return what has lasted.

    Args:
        transaction: of the service.
        cluster: where they are.
        seen: each with what its agent has.
        apart: time between two looks that count.
    """
    found = [each for volume, stored in seen for each in compared(volume, stored)]
    looked_at = {str(volume.id) for volume, _stored in seen}
    async with transaction() as stores:
        known = {
            each.difference.subject
            for each in await stores.drifts.known()
            if each.difference.cluster == cluster
        }
    return await _keep(transaction, cluster, found, looked_at | known, apart)


async def unattended(transaction: Transaction, apart: timedelta = timedelta(0)) -> list[Found]:
    """Return what is done to volumes and snapshots by nobody, and has lasted."""
    async with transaction() as stores:
        found = [
            *map(stuck, await stores.unattended.volumes()),
            *map(stuck, await stores.unattended.snapshots()),
        ]
    return await _keep(transaction, NOWHERE, found, None, apart)


async def _keep(
    transaction: Transaction,
    cluster: str,
    found: Sequence[Found],
    of: Collection[str] | None,
    apart: timedelta,
) -> list[Found]:
    by_key = {(str(each.thing.id), each.kind.value, each.what): each for each in found}
    differences = [
        Difference(cluster=cluster, subject=ident, kind=kind, what=what, version=each.thing.version)
        for (ident, kind, what), each in by_key.items()
    ]
    async with transaction() as stores:
        kept = await stores.drifts.keep(cluster, differences, of=of, apart=apart)
    _tell(kept)
    return [by_key[each.key] for each in kept if each.lasts]


def _tell(kept: Sequence[Drift]) -> None:
    for each in kept:
        if each.begins_to_last:
            found = each.difference
            log.warning(
                "a volume and its storage disagree",
                id=found.subject, cluster=found.cluster, kind=found.kind, what=found.what,
            )  # fmt: skip


async def heal(transaction: Transaction, found: Found, stored: Stored) -> bool:
    """Put a difference right, if nothing has changed and it is still so.

    Args:
        transaction: of the service.
        found: what lasted.
        stored: what the storage has in this moment; None: nothing.

    Returns:
        Whether anything was done.
    """
    if found.kind not in HEALED or not await _is_still(transaction, found):
        return False
    if isinstance(found.thing, Snapshot):
        return await _end_snapshot(transaction, found.thing, stored)
    volume = found.thing
    has = stored if isinstance(stored, StoredVolume) else None
    if found.kind is Kind.STUCK_VOLUME:
        await _end_volume(transaction, volume, has)
        return True
    if found not in compared(volume, has):
        return False
    return await _take(transaction, volume, has)


async def _is_still(transaction: Transaction, found: Found) -> bool:
    """Whether the volume or snapshot is as it was, and nobody is at work on it."""
    async with transaction() as stores:
        ident = found.thing.id
        now: Volume | Snapshot | None
        if isinstance(found.thing, Snapshot):
            now = await stores.snapshots.find(ident)
        else:
            now = await stores.volumes.find(ident)
        is_busy = bool(await stores.sagas.live([ident]))
        return now is not None and now.version == found.thing.version and not is_busy


async def _take(transaction: Transaction, volume: Volume, stored: StoredVolume | None) -> bool:
    """Let the volume be what its storage is: larger, or an error when nothing is there."""
    now = utcnow()
    if stored is None:
        changed = volume.having(Status.ERROR, now)
    else:
        changed = volume.having(volume.status, now, size=gigabytes(stored))
    try:
        async with transaction() as stores:
            await save(stores, changed)
    except StaleWrite:  # somebody began something
        return False
    return True


async def _end_volume(
    transaction: Transaction, volume: Volume, stored: StoredVolume | None
) -> None:
    during = {volume.status}
    status, doing = ENDS[volume.status]
    if volume.status is Status.DELETING and stored is None and volume.driver != Driver.NATIVE:
        await progress.become(transaction, volume.id, during, Status.DELETED)
    elif volume.status is Status.EXTENDING and stored and _has_grown(volume, stored):
        await progress.grown(transaction, volume.id)
    else:
        trouble = Trouble(doing=doing, why=UNATTENDED, request_id=None)
        changes = {"growing_to": None} if volume.status is Status.EXTENDING else {}
        await progress.not_become(transaction, volume.id, during, status, trouble, **changes)


def _has_grown(volume: Volume, stored: StoredVolume) -> bool:
    return volume.growing_to is not None and stored.size >= volume.growing_to * GIB


async def _end_snapshot(transaction: Transaction, snapshot: Snapshot, stored: Stored) -> bool:
    """Let a snapshot be what the storage says that it is."""
    if stored is not None and stored.status == "working":
        return False
    if snapshot.status is SnapshotStatus.CREATING:
        doing, is_done = Doing.SNAPSHOT, stored is not None and stored.status == "ready"
        status = SnapshotStatus.AVAILABLE if is_done else SnapshotStatus.ERROR
    else:
        doing, is_done = Doing.DELETE_SNAPSHOT, stored is None
        status = SnapshotStatus.DELETED if is_done else SnapshotStatus.ERROR_DELETING
    trouble = None if is_done else Trouble(doing=doing, why=UNATTENDED, request_id=None)
    await progress.snapshot_became(transaction, snapshot.id, snapshot.status, status, trouble)
    return True


async def drifting(transaction: Transaction) -> list[Drift]:
    """Return what drifts now and has lasted."""
    async with transaction() as stores:
        return [each for each in await stores.drifts.known() if each.lasts]


async def forget(transaction: Transaction, clusters: Collection[str]) -> None:
    """Keep nothing of clusters that are not there any more."""
    async with transaction() as stores:
        await stores.drifts.forget_clusters(clusters)
