"""Makes and drops snapshots, by the storage agent."""

from typing import Final

from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.domain.snapshot import SnapshotStatus
from services.volume.effects.cloud import LOOK_AGAIN, Cloud, gone, ready, subject_of, trouble
from services.volume.usecases import progress
from services.volume.usecases.snapshots import CREATE, DELETE
from shared.contracts.storage import VolumeWanted
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage of a volume of which nothing was stored yet."""
    snapshot = await progress.read_snapshot(cloud.transaction, subject_of(notes))
    if snapshot is None:
        raise GiveUp("The snapshot is gone.")
    volume = await progress.read(cloud.transaction, snapshot.volume_id)
    if volume is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    if not volume.has_content:
        wanted = VolumeWanted(size=volume.size * GIB)
        await ready(cloud.storage.have_volume(volume.cluster, str(volume.id), wanted))
        await progress.has_storage(cloud.transaction, volume.id)
    return {"cluster": volume.cluster, "volume": str(volume.id)}


async def take(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent take the snapshot."""
    cluster, volume = notes["cluster"], notes["volume"]
    await ready(cloud.storage.have_snapshot(cluster, notes["subject"], volume))
    return {}


async def drop(cloud: Cloud, notes: Notes) -> None:
    """Have no such snapshot."""
    if "cluster" in notes and not await gone(
        cloud.storage.drop_snapshot(notes["cluster"], notes["subject"])
    ):
        raise Wait(LOOK_AGAIN)


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the snapshot is there."""
    await progress.snapshot_became(
        cloud.transaction,
        subject_of(notes),
        SnapshotStatus.CREATING,
        SnapshotStatus.AVAILABLE,
    )
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why there is no snapshot."""
    await progress.snapshot_became(
        cloud.transaction,
        subject_of(notes),
        SnapshotStatus.CREATING,
        SnapshotStatus.ERROR,
        trouble(notes, Doing.SNAPSHOT),
    )


CREATE_SNAPSHOT: Final[Saga[Cloud]] = Saga(
    name=CREATE,
    steps=(Step("begin", begin), Step("take", take, drop), Step("settle", settle)),
    gave_up=tell_failure,
)


async def wait_for_copies(cloud: Cloud, notes: Notes) -> Notes:
    """Let volumes that are being made from the snapshot be finished."""
    snapshot = await progress.read_snapshot(cloud.transaction, subject_of(notes))
    if await progress.being_copied(cloud.transaction, snapshot_id=subject_of(notes)):
        raise Wait(LOOK_AGAIN)
    return {"cluster": snapshot.cluster if snapshot else None}


async def remove(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent drop the snapshot."""
    if notes["cluster"] is not None and not await gone(
        cloud.storage.drop_snapshot(notes["cluster"], notes["subject"])
    ):
        raise GiveUp("The snapshot is in use.")
    return {}


async def settle_removed(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the snapshot is gone."""
    await progress.snapshot_became(
        cloud.transaction,
        subject_of(notes),
        SnapshotStatus.DELETING,
        SnapshotStatus.DELETED,
    )
    return {}


async def tell_still_there(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why the snapshot is still there."""
    await progress.snapshot_became(
        cloud.transaction,
        subject_of(notes),
        SnapshotStatus.DELETING,
        SnapshotStatus.ERROR_DELETING,
        trouble(notes, Doing.DELETE_SNAPSHOT),
    )


DELETE_SNAPSHOT: Final[Saga[Cloud]] = Saga(
    name=DELETE,
    steps=(
        Step("copies", wait_for_copies),
        Step("remove", remove),
        Step("settle", settle_removed),
    ),
    gave_up=tell_still_there,
)
