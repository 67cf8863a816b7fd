"""Deletes a volume, with its snapshots: by the storage agent, or as a disk of Ganeti's.

A detached disk can be removed by Ganeti only with an instance: a holder takes it along.
"""

from typing import Final
from uuid import UUID

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.snapshot import SnapshotStatus
from services.volume.domain.volume_type import Driver
from services.volume.effects.cloud import (
    LOOK_AGAIN,
    MAPPED_PAUSE,
    Cloud,
    gone,
    subject_of,
    trouble,
)
from services.volume.effects.holders import (
    attach_to_holder,
    drop_holder,
    have_holder,
    holder_of,
)
from services.volume.effects.jobs import job_steps
from services.volume.usecases import progress
from services.volume.usecases.volumes import DELETE
from shared.clock import utcnow
from shared.contracts.operations import InstanceDelete, Operation
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

DELETING: Final = frozenset({Status.DELETING})
PATIENCE: Final = 120.0  # seconds until a node that has the volume mapped is taken at its word


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Let volumes that are being made from it be finished, then find out how it is stored."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if await progress.being_copied(cloud.transaction, volume_id=subject_of(notes)):
        raise Wait(LOOK_AGAIN)
    if volume is None or volume.cluster is None:
        return {"cluster": None, "driver": None, "held": False}
    return {
        "cluster": volume.cluster,
        "driver": volume.driver,
        "held": volume.driver == Driver.NATIVE and volume.disk_uuid is not None,
        "disk": volume.disk_uuid,
        "node": volume.disk_nodes[0] if volume.disk_nodes else None,
        "template": volume.disk_template,
        "until": utcnow().timestamp() + PATIENCE,
    }


async def drop_snapshots(cloud: Cloud, notes: Notes) -> Notes:
    """Have none of its snapshots."""
    for snapshot in await progress.snapshots_of(cloud.transaction, subject_of(notes)):
        if await progress.being_copied(cloud.transaction, snapshot_id=snapshot.id):
            raise Wait(LOOK_AGAIN)
        await _drop_snapshot(cloud, snapshot.cluster, snapshot.id)
    return {}


async def _drop_snapshot(cloud: Cloud, cluster: str | None, snapshot_id: UUID) -> None:
    if cluster is not None and not await gone(
        cloud.storage.drop_snapshot(cluster, str(snapshot_id))
    ):
        raise GiveUp("A snapshot is in use.")
    await progress.snapshot_became(
        cloud.transaction, snapshot_id, SnapshotStatus.DELETING, SnapshotStatus.DELETED
    )


async def drop(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent drop the volume."""
    if notes["driver"] == Driver.EXT and not await gone(
        cloud.storage.drop_volume(notes["cluster"], notes["subject"])
    ):
        if utcnow().timestamp() > notes["until"]:
            raise GiveUp("A node still uses the volume.")
        raise Wait(MAPPED_PAUSE)
    return {}


async def remove_with_holder(cloud: Cloud, notes: Notes) -> Operation | None:
    """Have no holder, nor the disks it has."""
    return InstanceDelete(instance=holder_of(cloud, notes)) if notes["held"] else None


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the volume is gone."""
    await progress.become(cloud.transaction, subject_of(notes), DELETING, Status.DELETED)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why the volume is still there."""
    volume_id, what = subject_of(notes), trouble(notes, Doing.DELETE)
    await progress.not_become(cloud.transaction, volume_id, DELETING, Status.ERROR_DELETING, what)


DELETE_VOLUME: Final[Saga[Cloud]] = Saga(
    name=DELETE,
    steps=(
        Step("begin", begin),
        Step("snapshots", drop_snapshots),
        Step("drop", drop),
        *job_steps("holder", have_holder, drop_holder),
        *job_steps("attach", attach_to_holder),
        *job_steps("remove", remove_with_holder),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
