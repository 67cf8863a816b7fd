"""What changes what a volume holds, or sends it away. Each function is one transaction."""

from typing import Final
from uuid import UUID

from services.volume.domain import snapshot as snapshots
from services.volume.domain.lifecycle import Action
from services.volume.domain.snapshot import SnapshotStatus
from services.volume.domain.volume import Volume, WrongStatus
from services.volume.store.stores import Transaction
from services.volume.usecases.images import ImageFacts, require_fit
from services.volume.usecases.snapshots import with_snapshots
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.errors import Conflict

REWRITE: Final = "volume.rewrite"
UPLOAD: Final = "volume.upload"


async def revert(
    transaction: Transaction, volume_id: UUID, project_id: str | None, snapshot_id: UUID
) -> None:
    """Have a volume hold what its latest snapshot holds.

    Raises:
        VolumeNotFound, SnapshotNotFound: there is no such volume, or no such snapshot of it.
        BadInput: it is not the latest, or a status does not allow it.
        Conflict: the volume has grown since.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        every = await stores.snapshots.of_volume(volume.id)
        if snapshot_id not in {each.id for each in every}:
            raise snapshots.not_found(snapshot_id)
        latest = every[-1]
        if latest.id != snapshot_id:
            raise WrongStatus(
                f"Invalid snapshot: Specified snapshot {snapshot_id} is not the latest one of "
                f"volume {volume.id}."
            )
        if latest.status is not SnapshotStatus.AVAILABLE:
            raise WrongStatus(
                f"Invalid snapshot: Snapshot {snapshot_id} must be available to revert to, not "
                f"{latest.status}."
            )
        reverting = volume.doing(Action.REVERT, utcnow())
        if latest.size != volume.size:
            raise Conflict(
                f"Volume {volume.id} has another size than snapshot {snapshot_id}; it cannot be "
                "reverted."
            )
        await stores.begin(REWRITE, volume.id, source={"kind": "snapshot", "id": str(latest.id)})
        await save(stores, reverting)


async def reimage(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    image: ImageFacts,
    *,
    even_reserved: bool,
) -> None:
    """Have a volume hold what an image holds.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: the image does not fit, the status does not allow it, or it is stored otherwise.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        action = Action.REIMAGE_RESERVED if even_reserved else Action.REIMAGE
        volume.doing(action, utcnow())
        require_fit(image, volume.size)
        placed = await with_snapshots(stores, volume, what="Images written again")
        imaging = placed.doing(action, utcnow(), image_metadata=dict(image.metadata), bootable=True)
        await stores.begin(REWRITE, volume.id, source={"kind": "image", "id": image.id})
        await save(stores, imaging)


async def upload(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    *,
    image_id: str,
    disk_format: str,
    even_in_use: bool,
) -> Volume:
    """Send what a volume holds to an image that waits for it.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: its status does not allow it, or it is stored otherwise.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        action = require_uploadable(volume, even_in_use=even_in_use)
        placed = await with_snapshots(stores, volume, what="Images made from volumes")
        await stores.begin(UPLOAD, volume.id, image=image_id, format=disk_format)
        return await save(stores, placed.doing(action, utcnow()))


def require_uploadable(volume: Volume, *, even_in_use: bool) -> Action:
    """Return the action that sends a volume away.

    Raises:
        WrongStatus: its status does not allow it.
    """
    action = Action.UPLOAD_IN_USE if even_in_use else Action.UPLOAD
    volume.doing(action, utcnow())
    return action
