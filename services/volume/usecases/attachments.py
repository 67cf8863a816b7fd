"""A server's use of a volume, step by step: reserve, connect, complete, end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.volume.domain.attachment import (
    Attachment,
    AttachStatus,
    UsedByServer,
    shown,
    status_of,
)
from services.volume.domain.lifecycle import Status
from services.volume.domain.volume import NOT_PLACED, Volume, WrongStatus
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.placing import may_move
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.contracts.resources import ServerChanged
from shared.errors import BadInput
from shared.identity.caller import Caller
from shared.ids import new_uuid

# Statuses that come from who uses the volume; others are left alone when that changes.
OF_USE: Final = frozenset({Status.RESERVED, Status.ATTACHING, Status.IN_USE, Status.DETACHING})
MEANWHILE: Final = frozenset({Status.EXTENDING, Status.UPLOADING, Status.RETYPING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a server wants of a volume."""

    volume_id: UUID
    server_id: str | None
    mode: str | None = None  # rw or ro; None: as the volume allows


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A disk of Ganeti's: what it is called there, and the nodes it is on (none: on all)."""

    uuid: str
    nodes: tuple[str, ...] = ()


async def reserve(
    transaction: Transaction, caller: Caller, project_id: str | None, use: Use
) -> Attachment:
    """Reserve a volume for a server.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: somebody else uses it, or it may only be read.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(use.volume_id, project_id)
        others = await stores.attachments.of_volume(volume.id)
        _require_free(volume, others, use.server_id)
        attachment = Attachment(
            id=new_uuid(),
            volume_id=volume.id,
            project_id=volume.project_id,
            server_id=use.server_id,
            status=AttachStatus.RESERVED,
            mode=_mode(volume, use.mode),
            by_service=caller.is_service,
            created_at=utcnow(),
        )
        await stores.attachments.add(attachment)
        await used(stores, volume, [*others, attachment])
        return attachment


def _require_free(volume: Volume, others: list[Attachment], server_id: str | None) -> None:
    if volume.status is Status.AVAILABLE:
        return
    if volume.status is Status.IN_USE and volume.multiattach:
        return
    is_its_own = server_id is not None and {each.server_id for each in others} == {server_id}
    if is_its_own and volume.status in OF_USE - {Status.DETACHING}:
        return
    raise WrongStatus(
        f"Invalid volume: Volume {volume.id} status must be available to reserve, but the current "
        f"status is {volume.status}."
    )


def _mode(volume: Volume, asked: str | None) -> str:
    if volume.readonly and asked == "rw":
        raise BadInput(
            f"Invalid volume: Invalid attaching mode 'rw' for volume {volume.id}, which may only "
            "be read."
        )
    return asked or ("ro" if volume.readonly else "rw")


async def used(
    stores: Stores,
    volume: Volume,
    every: list[Attachment],
    *,
    even_so: bool = False,
    has_content: bool | None = None,
    disk: Disk | None = None,
) -> Volume:
    """Write down who uses a volume, and the status that follows.

    Args:
        stores: of the transaction.
        volume: which.
        every: its attachments.
        even_so: whether the status follows whatever it is.
        has_content: whether its storage is there; None: as it was.
        disk: what it is at Ganeti, where that was found out.
    """
    now, status = utcnow(), status_of(every)
    is_there = volume.has_content if has_content is None else has_content
    changes: dict[str, Any] = {"attachments": shown(every), "has_content": is_there}
    if disk is not None:
        changes |= {"disk_uuid": disk.uuid, "disk_nodes": disk.nodes}
    if not every and not is_there and await may_move(stores, volume):
        changes |= NOT_PLACED
    if volume.status in MEANWHILE:
        return await save(stores, replace(volume, status_before=status, updated_at=now, **changes))
    if even_so or volume.status in OF_USE | {Status.AVAILABLE}:
        return await save(stores, volume.having(status, now, **changes))
    return await save(stores, replace(volume, updated_at=now, **changes))


async def connecting(
    transaction: Transaction,
    attachment: Attachment,
    connector: Mapping[str, Any],
    connection: Mapping[str, Any],
) -> Attachment:
    """Note how a server is about to use a volume whose storage is there."""
    async with transaction() as stores:
        volume = await stores.volumes.get(attachment.volume_id, None)
        found = await stores.attachments.get(attachment.id, None)
        status = found.status if found.status is AttachStatus.ATTACHED else AttachStatus.ATTACHING
        changed = replace(
            found,
            status=status,
            host=connector.get("host"),
            instance=connector.get("instance"),
            mountpoint=connector.get("mountpoint") or found.mountpoint,
            connector=connector,
            connection=connection,
        )
        await stores.attachments.save(changed)
        every = await stores.attachments.of_volume(volume.id)
        await used(stores, volume, every, has_content=volume.has_content or _is_ext(connection))
        return changed


def _is_ext(connection: Mapping[str, Any]) -> bool:
    return connection.get("driver") == "ext"


async def complete(
    transaction: Transaction, attachment_id: UUID, project_id: str | None, disk: Disk | None
) -> None:
    """Note that a server has the volume.

    Args:
        transaction: of the service.
        attachment_id: which.
        project_id: whose it must be; None: anybody's.
        disk: what a native volume is at Ganeti.

    Raises:
        AttachmentNotFound: there is none.
    """
    async with transaction() as stores:
        found = await stores.attachments.get(attachment_id, project_id)
        volume = await stores.volumes.get(found.volume_id, None)
        if found.status is not AttachStatus.ATTACHED:
            now = utcnow()
            made = replace(found, status=AttachStatus.ATTACHED, attached_at=now)
            await stores.attachments.save(made)
        every = await stores.attachments.of_volume(volume.id)
        await used(stores, volume, every, has_content=True, disk=disk)


async def end(
    transaction: Transaction, caller: Caller, attachment_id: UUID, project_id: str | None
) -> list[Attachment]:
    """End a server's use of a volume; return what other uses there are.

    Raises:
        AttachmentNotFound: there is none.
        UsedByServer: a server has it, and it is not compute who asks.
    """
    async with transaction() as stores:
        found = await stores.attachments.get(
            attachment_id, project_id, even_ended=caller.is_service
        )
        if found.detached_at is None:
            await require_endable(stores, caller, found)
            return await ended(stores, found)
        return await stores.attachments.of_volume(found.volume_id)


async def require_endable(stores: Stores, caller: Caller, attachment: Attachment) -> None:
    """Let compute end its attachments, and anybody those of servers that are gone.

    Raises:
        UsedByServer: compute made it, the server lives, and it is not compute who asks.
    """
    if caller.is_service or not attachment.by_service:
        return
    known = await stores.projections.resource(ServerChanged.resource, str(attachment.server_id))
    if known is None or not known[0]:
        raise UsedByServer(
            f"Detach volume from instance {attachment.server_id} using the Compute API"
        )


async def ended(
    stores: Stores, attachment: Attachment, *, even_so: bool = False, now: datetime | None = None
) -> list[Attachment]:
    """Write down that an attachment has ended; return those that are left of its volume."""
    moment = now or utcnow()
    volume = await stores.volumes.find(attachment.volume_id)
    await stores.attachments.save(
        replace(attachment, status=AttachStatus.DETACHED, detached_at=moment)
    )
    left = await stores.attachments.of_volume(attachment.volume_id)
    if volume is not None:
        await used(stores, volume, left, even_so=even_so)
    return left
