"""What the volume service does with volumes. Each function is one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.volume.domain import quotas
from services.volume.domain.volume import Action, Status, Volume
from services.volume.domain.volume_type import VolumeType, not_found
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.documents import changed
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.errors import BadInput, OverQuota
from shared.identity.caller import Caller
from shared.ids import VolumeId, new_uuid
from shared.logs import current_request_id

LARGEST_METADATA: Final = 128  # items


class TooMuchMetadata(OverQuota):
    """A volume may not have that many items."""

    code = "volume.quota.metadata_items"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The volume a user asks for. ``size`` in GiB."""

    size: int
    name: str | None = None
    description: str | None = None
    volume_type: str | None = None  # name or id
    availability_zone: str
    metadata: Mapping[str, str]


async def create(transaction: Transaction, caller: Caller, wish: Wish, default_type: str) -> Volume:
    """Have a volume. It is data until a server first needs it.

    Raises:
        TypeNotFound: no such type, or not for this project.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        await stores.volumes.lock(caller.project_id)
        kind = await _usable_type(stores, caller, wish.volume_type or default_type)
        limits = await stores.quotas.of_project(caller.project_id)
        quotas.check_size(limits, wish.size)
        usage = await stores.volumes.usage(caller.project_id)
        quotas.check(limits, usage, kind.name, volumes=1, gigabytes=wish.size)
        volume = Volume(
            id=VolumeId(new_uuid()),
            project_id=caller.project_id,
            user_id=caller.user_id,
            name=wish.name,
            description=wish.description,
            size=wish.size,
            status=Status.AVAILABLE,
            availability_zone=wish.availability_zone,
            volume_type_id=kind.id,
            volume_type=kind.name,
            metadata=_checked(wish.metadata),
            multiattach=kind.multiattach,
            created_at=utcnow(),
        )
        await stores.volumes.add(volume)
        await tell(stores, volume, CREATED)
        return volume


async def _usable_type(stores: Stores, caller: Caller, name_or_id: str) -> VolumeType:
    kind = await stores.types.find(name_or_id)
    if kind is None or not kind.is_usable_by(caller.project_id, is_admin=caller.is_admin):
        raise not_found(name_or_id)
    return kind


def _checked(metadata: Mapping[str, str]) -> Mapping[str, str]:
    if len(metadata) > LARGEST_METADATA:
        raise TooMuchMetadata(
            f"MetadataLimitExceeded: Maximum number of metadata items exceeded ({len(metadata)}); "
            f"{LARGEST_METADATA} are allowed."
        )
    return metadata


async def change(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    how: Callable[[Volume, datetime], Volume],
) -> Volume:
    """Change a volume.

    Args:
        transaction: of the service.
        volume_id: which.
        project_id: whose it must be; None for administrators.
        how: makes the new volume of the old one and the present moment.

    Raises:
        VolumeNotFound: there is no such volume.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        new = how(volume, utcnow())
        _checked(new.metadata)
        _checked(new.image_metadata)
        saved = await stores.volumes.save(new)
        await tell(stores, saved, UPDATED)
        return saved


def with_values(**values: Any) -> Callable[[Volume, datetime], Volume]:
    """Return the change that sets these fields."""

    def how(volume: Volume, now: datetime) -> Volume:
        return replace(volume, updated_at=now, **values)

    return how


async def extend(
    transaction: Transaction, volume_id: UUID, project_id: str | None, size: int
) -> Volume:
    """Grow a volume to a size in GiB.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: it would not grow, or its status does not allow it.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        await stores.volumes.lock(volume.project_id)
        grown = volume.extended(size, utcnow())
        limits = await stores.quotas.of_project(volume.project_id)
        quotas.check_size(limits, size)
        usage = await stores.volumes.usage(volume.project_id)
        more = size - volume.size
        quotas.check(limits, usage, volume.volume_type, volumes=0, gigabytes=more)
        saved = await stores.volumes.save(grown)
        await tell(stores, saved, UPDATED)
        return saved


async def delete(
    transaction: Transaction, volume_id: UUID, project_id: str | None, *, force: bool = False
) -> None:
    """Have no such volume.

    Raises:
        VolumeNotFound: there is none.
        WrongStatus: its status does not allow it.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        action = Action.FORCE_DELETE if force else Action.DELETE
        gone = await stores.volumes.save(volume.doing(action, utcnow()))
        await stores.transfers.end_of_volume(volume.id)
        await tell(stores, gone, DELETED)


async def retype(
    transaction: Transaction, caller: Caller, volume_id: UUID, project_id: str | None, name: str
) -> Volume:
    """Make a volume that is data of another type.

    Raises:
        VolumeNotFound: there is no such volume.
        TypeNotFound: no such type, or not for this project.
        BadInput: it is of this type already, or its status does not allow it.
        OverQuota: the limits of the new type.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        await stores.volumes.lock(volume.project_id)
        kind = await _usable_type(stores, caller, name)
        if kind.id == volume.volume_type_id:
            raise BadInput(f"Invalid volume: Volume {volume.id} is of type {kind.name} already.")
        limits = await stores.quotas.of_project(volume.project_id)
        usage = await stores.volumes.usage(volume.project_id)
        of_type = {name: limits.get(name, -1) for name in quotas.of_type(kind.name)}
        quotas.check(of_type, usage, kind.name, volumes=1, gigabytes=volume.size)
        new = volume.doing(
            Action.RETYPE,
            utcnow(),
            volume_type_id=kind.id,
            volume_type=kind.name,
            multiattach=kind.multiattach,
        )
        saved = await stores.volumes.save(new)
        await tell(stores, saved, UPDATED)
        return saved


async def tell(stores: Stores, volume: Volume, verb: str) -> None:
    """Publish what a volume now is, in the transaction that made it so."""
    await stores.outbox.publish(changed(volume, verb), request_id=current_request_id())
