"""The actions by which Nova attached volumes before attachments were resources."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.volume.domain.attachment import Attachment, AttachStatus
from services.volume.domain.lifecycle import Status
from services.volume.domain.volume import WrongStatus
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.attachments import ended, require_endable, used
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.ids import new_uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What is said to have the volume."""

    server_id: str | None
    host: str | None
    mountpoint: str | None
    mode: str | None


async def reserve(transaction: Transaction, volume_id: UUID, project_id: str | None) -> None:
    """Keep a volume for somebody who is about to attach it.

    Raises:
        VolumeNotFound: there is no such volume.
        WrongStatus: it is not free.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        is_shared = volume.multiattach and volume.status is Status.IN_USE
        if volume.status is not Status.AVAILABLE and not is_shared:
            raise WrongStatus(
                f"Invalid volume: Volume {volume.id} status must be available to reserve, but the "
                f"current status is {volume.status}."
            )
        await save(stores, volume.having(Status.ATTACHING, utcnow()))


async def unreserve(transaction: Transaction, volume_id: UUID, project_id: str | None) -> None:
    """Keep a volume for nobody any more; one that is not kept stays as it is.

    Raises:
        VolumeNotFound: there is no such volume.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        if volume.status is Status.ATTACHING:
            every = await stores.attachments.of_volume(volume.id)
            status = Status.IN_USE if every else Status.AVAILABLE
            await save(stores, volume.having(status, utcnow()))


async def attach(
    transaction: Transaction, volume_id: UUID, project_id: str | None, who: Attached
) -> None:
    """Note that somebody has the volume.

    Raises:
        VolumeNotFound: there is no such volume.
        WrongStatus: it is not free.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        others = await stores.attachments.of_volume(volume.id)
        free = {Status.AVAILABLE, Status.ATTACHING, Status.RESERVED}
        if volume.status not in free and not (volume.multiattach and others):
            raise WrongStatus(
                f"Invalid volume: Volume {volume.id} status must be available or attaching to be "
                f"attached, but is {volume.status}."
            )
        now = utcnow()
        attachment = Attachment(
            id=new_uuid(),
            volume_id=volume.id,
            project_id=volume.project_id,
            server_id=who.server_id,
            status=AttachStatus.ATTACHED,
            mode=who.mode or ("ro" if volume.readonly else "rw"),
            host=who.host,
            mountpoint=who.mountpoint,
            created_at=now,
            attached_at=now,
        )
        await stores.attachments.add(attachment)
        await used(stores, volume, [*others, attachment])


async def detach(
    transaction: Transaction,
    caller: Caller,
    volume_id: UUID,
    project_id: str | None,
    attachment_id: UUID | None,
    *,
    force: bool = False,
) -> None:
    """Note that somebody has the volume no more.

    Raises:
        VolumeNotFound: there is no such volume.
        WrongStatus: several have it, and it is not said which.
        UsedByServer: compute made the attachment, and it is not compute who asks.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        found = _which(await stores.attachments.of_volume(volume.id), attachment_id, volume_id)
        if found is None:
            await _let_go(stores, volume_id, force=force)
            return
        if not force:
            await require_endable(stores, caller, found)
        await ended(stores, found, even_so=force)


def _which(
    every: list[Attachment], attachment_id: UUID | None, volume_id: UUID
) -> Attachment | None:
    if attachment_id is not None:
        wanted = [each for each in every if each.id == attachment_id]
        if not wanted:
            raise NotFound(f"Volume attachment {attachment_id} could not be found.")
        return wanted[0]
    if len(every) > 1:
        raise WrongStatus(
            f"Invalid volume: Detach volume failed: More than one attachment of volume "
            f"{volume_id}; say which by attachment_id."
        )
    return every[0] if every else None


async def _let_go(stores: Stores, volume_id: UUID, *, force: bool) -> None:
    """Nobody has the volume: one that seems to be used is free, any other stays as it is."""
    volume = await stores.volumes.get(volume_id, None)
    if volume.status in {Status.ATTACHING, Status.DETACHING, Status.IN_USE} or force:
        freed = volume.having(Status.AVAILABLE, utcnow())
        await save(stores, replace(freed, attachments=()))
