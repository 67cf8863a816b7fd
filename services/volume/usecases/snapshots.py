"""What the volume service does with snapshots. Each function is one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.volume.domain import quotas, volume_type
from services.volume.domain.lifecycle import Status
from services.volume.domain.quotas import Count
from services.volume.domain.snapshot import Snapshot, SnapshotStatus
from services.volume.domain.volume import CannotYet, Volume, WrongStatus
from services.volume.domain.volume_type import Driver
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.metadata import checked
from services.volume.usecases.placing import find_place, placed_at
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.identity.caller import Caller
from shared.ids import new_uuid
from shared.logs import current_request_id

CREATE: Final = "volume.create_snapshot"
DELETE: Final = "volume.delete_snapshot"
SNAPSHOTS: Final = "Snapshots"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotWish:
    """The snapshot a user asks for."""

    volume_id: UUID
    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    even_in_use: bool = False
    group_snapshot_id: UUID | None = None  # the snapshot of a whole group it is part of


async def create(
    transaction: Transaction, caller: Caller, project_id: str | None, wish: SnapshotWish
) -> Snapshot:
    """Have a snapshot.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: its status does not allow it, or its storage has no snapshots.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(wish.volume_id, project_id)
        return await take(stores, caller, volume, wish)


async def take(stores: Stores, caller: Caller, volume: Volume, wish: SnapshotWish) -> Snapshot:
    """Have a snapshot of a volume, whose row this transaction has locked.

    Raises:
        BadInput: its status does not allow it, or its storage has no snapshots.
        OverQuota: the project's limits.
    """
    _require_still(volume, even_in_use=wish.even_in_use)
    volume = await with_snapshots(stores, volume)
    await stores.volumes.lock(volume.project_id)
    limits = await stores.quotas.of_project(volume.project_id)
    usage = await stores.volumes.usage(volume.project_id)
    more = Count(snapshots=1, gigabytes=volume.size)
    quotas.check(limits, usage, volume.volume_type, more)
    snapshot = Snapshot(
        id=new_uuid(),
        project_id=volume.project_id,
        user_id=caller.user_id,
        volume_id=volume.id,
        volume_type_id=volume.volume_type_id,
        name=wish.name,
        description=wish.description,
        size=volume.size,
        status=SnapshotStatus.CREATING,
        metadata=checked(wish.metadata),
        cluster=volume.cluster,
        group_snapshot_id=wish.group_snapshot_id,
        created_at=utcnow(),
    )
    await stores.snapshots.add(snapshot)
    await stores.sagas.start(CREATE, snapshot.id, {}, current_request_id())
    return snapshot


def _require_still(volume: Volume, *, even_in_use: bool) -> None:
    if volume.status is Status.AVAILABLE:
        return
    if volume.status is Status.IN_USE and even_in_use:
        return
    raise WrongStatus(
        f"Invalid volume: Volume {volume.id} status must be available, but current status is: "
        f"{volume.status}."
    )


async def with_snapshots(stores: Stores, volume: Volume, *, what: str = SNAPSHOTS) -> Volume:
    """Return the volume where our provider stores it, finding it a place if it has none.

    Raises:
        BadInput: it is stored otherwise, or there is no such place.
    """
    refusal = CannotYet(
        f"{what} are not supported by volume type {volume.volume_type} where the volume is."
    )
    kind = await stores.types.get_shared(volume.volume_type_id)
    if what == SNAPSHOTS and not kind.lets(volume_type.SNAPSHOTS):
        raise refusal
    if volume.cluster is None:
        place = await find_place(stores, volume, kind, drivers=(Driver.EXT,))
        if place is None:
            raise refusal
        return await save(stores, placed_at(volume, place, kind))
    if volume.driver != Driver.EXT:
        raise refusal
    return volume


async def change(
    transaction: Transaction,
    snapshot_id: UUID,
    project_id: str | None,
    how: Callable[[Snapshot, datetime], Snapshot],
) -> Snapshot:
    """Change a snapshot.

    Raises:
        SnapshotNotFound: there is no such snapshot.
    """
    async with transaction() as stores:
        new = how(await stores.snapshots.get(snapshot_id, project_id), utcnow())
        checked(new.metadata)
        return await stores.snapshots.save(new)


def with_values(**values: Any) -> Callable[[Snapshot, datetime], Snapshot]:
    """Return the change that sets these fields."""

    def how(snapshot: Snapshot, now: datetime) -> Snapshot:
        return replace(snapshot, updated_at=now, **values)

    return how


async def delete(
    transaction: Transaction, snapshot_id: UUID, project_id: str | None, *, force: bool = False
) -> None:
    """Have no such snapshot.

    Raises:
        SnapshotNotFound: there is none.
        WrongStatus: its status does not allow it, or it is part of a snapshot of a group.
    """
    async with transaction() as stores:
        snapshot = await stores.snapshots.get(snapshot_id, project_id)
        if snapshot.group_snapshot_id is not None:
            raise WrongStatus(
                "Invalid snapshot: Volume Snapshot status must be available or error, and the "
                "snapshot must not belong to a group."
            )
        await drop(stores, snapshot, force=force)


async def drop(stores: Stores, snapshot: Snapshot, *, force: bool) -> None:
    """Have no such snapshot, whose row this transaction has locked.

    Raises:
        WrongStatus: its status does not allow it.
    """
    await stores.snapshots.save(snapshot.deleting(utcnow(), force=force))
    await stores.begin(DELETE, snapshot.id)
