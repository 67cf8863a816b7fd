"""What the volume service does with volumes that are there. Each function is one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.volume.domain import quotas
from services.volume.domain.lifecycle import RULES, Action, Status
from services.volume.domain.placing import driver_on
from services.volume.domain.quotas import Count
from services.volume.domain.snapshot import DELETABLE, SnapshotStatus
from services.volume.domain.volume import Volume, WrongStatus
from services.volume.domain.volume_type import Driver, VolumeType
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.create_volumes import usable_type
from services.volume.usecases.metadata import checked
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.contracts.resources import DELETED, UPDATED
from shared.errors import BadInput
from shared.identity.caller import Caller

EXTEND: Final = "volume.extend"
DELETE: Final = "volume.delete"


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
        checked(new.metadata)
        checked(new.image_metadata)
        return await save(stores, new)


def with_values(**values: Any) -> Callable[[Volume, datetime], Volume]:
    """Return the change that sets these fields."""

    def how(volume: Volume, now: datetime) -> Volume:
        return replace(volume, updated_at=now, **values)

    return how


def doing(action: Action) -> Callable[[Volume, datetime], Volume]:
    """Return the change that an action begins with, for actions that are nothing but that."""

    def how(volume: Volume, now: datetime) -> Volume:
        return replace(volume.doing(action, now), status_before=None)

    return how


async def extend(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    size: int,
    *,
    even_in_use: bool = False,
) -> Volume:
    """Grow a volume to a size in GiB; one without content is as large at once.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: it would not grow, or its status does not allow it.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        await stores.volumes.lock(volume.project_id)
        growing = volume.growing(size, utcnow(), even_in_use=even_in_use)
        limits = await stores.quotas.of_project(volume.project_id)
        quotas.check_size(limits, size)
        usage = await stores.volumes.usage(volume.project_id)
        more = Count(gigabytes=size - volume.size)
        quotas.check(limits, usage, volume.volume_type, more)
        if volume.cluster is None:
            grown = growing.as_before(utcnow(), size=size, growing_to=None)
            return await save(stores, grown)
        await stores.begin(EXTEND, volume.id)
        return await save(stores, growing)


async def delete(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    *,
    force: bool = False,
    cascade: bool = False,
) -> None:
    """Have no such volume; one without content is gone at once.

    Raises:
        VolumeNotFound: there is none.
        WrongStatus: its status does not allow it, a server has it, it has snapshots or is of a
            group.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        action = Action.FORCE_DELETE if force else Action.DELETE
        if volume.group_id is not None:
            raise WrongStatus(RULES[Action.DELETE].refusal)
        await remove(stores, volume, action, cascade=cascade)


async def remove(stores: Stores, volume: Volume, action: Action, *, cascade: bool = False) -> None:
    """Have no such volume, whose row this transaction has locked.

    Raises:
        WrongStatus: its status does not allow it, a server has it or it has snapshots.
    """
    going = volume.doing(action, utcnow())
    refusal = WrongStatus(RULES[Action.DELETE].refusal)
    if await stores.attachments.of_volume(volume.id):
        raise refusal
    await _delete_snapshots(stores, volume, refusal, cascade=cascade)
    await stores.transfers.end_of_volume(volume.id)
    if volume.cluster is None:
        await save(stores, going.having(Status.DELETED, utcnow()), DELETED)
        return
    await stores.begin(DELETE, volume.id)
    await save(stores, going)


async def _delete_snapshots(
    stores: Stores, volume: Volume, refusal: WrongStatus, *, cascade: bool
) -> None:
    snapshots = await stores.snapshots.of_volume(volume.id)
    if snapshots and not cascade:
        raise refusal
    if any(each.status not in DELETABLE for each in snapshots):
        raise refusal
    for each in snapshots:
        await stores.sagas.supersede(each.id)
        await stores.snapshots.save(each.having(SnapshotStatus.DELETING, utcnow()))


async def retype(
    transaction: Transaction, caller: Caller, volume_id: UUID, project_id: str | None, name: str
) -> Volume:
    """Make a volume one of another type that is stored the same way.

    Raises:
        VolumeNotFound: there is no such volume.
        TypeNotFound: no such type, or not for this project.
        BadInput: it is of this type already, its data would have to move, or its status does not
            allow it.
        OverQuota: the limits of the new type.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        await stores.volumes.lock(volume.project_id)
        kind = await usable_type(stores, caller, name, "")
        if kind.id == volume.volume_type_id:
            raise BadInput(f"Invalid volume: Volume {volume.id} is of type {kind.name} already.")
        new = volume.doing(Action.RETYPE, utcnow())
        if volume.group_id is not None:
            raise BadInput(f"Invalid volume: Volume {volume.id} must not be part of a group.")
        await _require_same_storage(stores, volume, kind)
        limits = await stores.quotas.of_project(volume.project_id)
        usage = await stores.volumes.usage(volume.project_id)
        of_type = {name: limits.get(name, -1) for name in quotas.of_type(kind.name)}
        quotas.check(of_type, usage, kind.name, Count(volumes=1, gigabytes=volume.size))
        changes = {
            "volume_type_id": kind.id,
            "volume_type": kind.name,
            "multiattach": kind.multiattach,
        }
        return await save(stores, new.as_before(utcnow(), **changes), UPDATED)


async def _require_same_storage(stores: Stores, volume: Volume, kind: VolumeType) -> None:
    if volume.status is Status.IN_USE and kind.multiattach != volume.multiattach:
        raise BadInput(
            f"Invalid volume: Retype to or from a multiattach type needs volume {volume.id} to be "
            "available, not in-use."
        )
    if volume.cluster is None:
        return
    cluster = await stores.projections.cluster(volume.cluster)
    driver = driver_on(cluster, kind) if cluster else None
    if driver is None or driver != Driver(volume.driver or ""):
        raise BadInput(
            f"Invalid volume: Retype needs the data of volume {volume.id} to move, which is not "
            "supported: the new type is stored in another way or elsewhere."
        )
