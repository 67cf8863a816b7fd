"""Makes volumes: blank ones at once, others by a saga that fills them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from services.volume.domain import quotas, snapshot
from services.volume.domain.group import Group
from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing, failed
from services.volume.domain.quotas import Count
from services.volume.domain.snapshot import SnapshotStatus
from services.volume.domain.volume import CannotYet, Volume, WrongStatus
from services.volume.domain.volume_type import CLONES, Driver, VolumeType, not_found
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.images import ImageFacts, require_fit
from services.volume.usecases.metadata import checked
from services.volume.usecases.placing import (
    Hints,
    find_place,
    placed_at,
    require_zone,
    understood,
)
from services.volume.usecases.telling import tell
from shared.clock import utcnow
from shared.contracts.resources import CREATED
from shared.errors import BadInput
from shared.identity.caller import Caller
from shared.ids import VolumeId, new_uuid
from shared.logs import current_request_id

FILL: Final = "volume.fill"
BUILD: Final = "volume.build"
COPYABLE: Final = frozenset({Status.AVAILABLE, Status.IN_USE})
NO_ROOM: Final = "No storage was found for it: no cluster can have a volume of this kind."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The volume a user asks for. ``size`` in GiB; None: as what it is made from."""

    size: int | None
    name: str | None = None
    description: str | None = None
    volume_type: str | None = None  # name or id
    zone: str | None = None
    cluster: str | None = None  # compute knows where the server is
    metadata: Mapping[str, str] = field(default_factory=dict)
    snapshot_id: UUID | None = None
    source_id: UUID | None = None
    image: ImageFacts | None = None
    group_id: UUID | None = None
    hints: Hints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a volume gets that says nothing of it."""

    volume_type: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """What a volume is made from."""

    size: int = 0
    volume_type: UUID | None = None
    notes: Mapping[str, str] | None = None  # None: nothing is to be copied
    fields: Mapping[str, Any] = field(default_factory=dict)


async def create(transaction: Transaction, caller: Caller, wish: Wish, usual: Defaults) -> Volume:
    """Have a volume.

    Raises:
        VolumeNotFound, SnapshotNotFound: what it is to be made from is not there.
        TypeNotFound: no such type, or not for this project.
        BadInput: it is too small, or cannot be made so.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        ident = wish.group_id
        group = None if ident is None else await _group(stores, caller, wish, ident)
        return await add(stores, caller, wish, usual, group)


async def add(
    stores: Stores, caller: Caller, wish: Wish, usual: Defaults, group: Group | None = None
) -> Volume:
    """Have a volume, in this transaction.

    Raises:
        VolumeNotFound, SnapshotNotFound: what it is to be made from is not there.
        TypeNotFound: no such type, or not for this project.
        BadInput: it is too small, or cannot be made so.
        OverQuota: the project's limits.
    """
    origin = await _origin(stores, caller, wish)
    size = _size(wish, origin)
    kind = await _kind(stores, caller, _type_named(wish, origin), usual.volume_type, size)
    if group is not None:
        group.require_type(kind.id)
    volume = Volume(
        id=VolumeId(new_uuid()),
        project_id=caller.project_id,
        user_id=caller.user_id,
        name=wish.name,
        description=wish.description,
        size=size,
        volume_type_id=kind.id,
        volume_type=kind.name,
        metadata=checked(wish.metadata),
        multiattach=kind.multiattach,
        group_id=wish.group_id,
        created_at=utcnow(),
        **(_plain(wish.zone or usual.zone) | dict(origin.fields)),
    )
    if wish.zone not in (None, usual.zone):
        await require_zone(stores, str(wish.zone), volume.cluster)
    if origin.notes is not None:
        volume = await _begin(stores, volume, kind, origin.notes, wish, usual)
    await stores.volumes.add(volume)
    await tell(stores, volume, CREATED)
    return volume


async def _group(stores: Stores, caller: Caller, wish: Wish, ident: UUID) -> Group:
    """Return the group the volume will be in; nobody deletes it meanwhile.

    Raises:
        GroupNotFound: there is none.
        BadInput: something is being done to it, or the wish names no type.
    """
    group = await stores.groups.get(ident, caller.project_id, hold=True)
    group.require_available("add a volume to")
    if wish.volume_type is None and wish.snapshot_id is None and wish.source_id is None:
        raise BadInput(
            "Invalid input received: volume_type must be provided when creating a volume in a "
            "group."
        )
    return group


def _plain(zone: str) -> dict[str, Any]:
    return {"status": Status.AVAILABLE, "availability_zone": zone}


async def usable_type(
    stores: Stores, caller: Caller, name_or_id: str | None, default: str
) -> VolumeType:
    """Return a type that the caller's volumes may be of; their project's own if none is named.

    Raises:
        TypeNotFound: no such type, or not for this project.
    """
    if name_or_id is None:
        kind = await stores.types.usual(caller.project_id, default)
    else:
        kind = await stores.types.find(name_or_id)
    if kind is None or not _may_use(caller, kind):
        raise not_found(name_or_id or default)
    return kind


def _may_use(caller: Caller, kind: VolumeType) -> bool:
    return kind.is_usable_by(caller.project_id, is_admin=caller.is_admin)


async def _kind(
    stores: Stores, caller: Caller, named: str | None, usual: str, size: int
) -> VolumeType:
    """Return the type of a new volume, which the project may have one more of."""
    ground = await stores.grounds.of(caller.project_id, named, usual)
    if ground is None or not _may_use(caller, ground.kind):
        raise not_found(named or usual)
    quotas.check_size(ground.limits, size)
    more = Count(volumes=1, gigabytes=size)
    quotas.check(ground.limits, ground.usage, ground.kind.name, more)
    return ground.kind


def _type_named(wish: Wish, origin: _Origin) -> str | None:
    return wish.volume_type or (str(origin.volume_type) if origin.volume_type else None)


def _size(wish: Wish, origin: _Origin) -> int:
    size = wish.size if wish.size is not None else origin.size
    if size == 0:
        raise BadInput("Invalid input received: Volume size must be an integer and greater than 0.")
    if wish.snapshot_id is not None and size < origin.size:
        raise BadInput(
            f"Invalid input received: Volume size {size}GB cannot be smaller than the snapshot "
            f"size {origin.size}GB. They must be >= original snapshot size."
        )
    if size < origin.size:
        raise BadInput(
            f"Invalid input received: Clones currently disallowed when {size} < {origin.size}. "
            "They must be >= original volume size."
        )
    if wish.image is not None:
        require_fit(wish.image, size)
    return size


async def _origin(stores: Stores, caller: Caller, wish: Wish) -> _Origin:
    whose = None if caller.is_admin else caller.project_id
    if wish.snapshot_id is not None:
        return await _of_snapshot(stores, wish.snapshot_id, whose)
    if wish.source_id is not None:
        return await _of_volume(stores, wish.source_id, whose)
    if wish.image is not None:
        kept = {"bootable": True, "image_metadata": wish.image.metadata}
        notes = {"kind": "image", "id": wish.image.id}
        return _Origin(notes=notes, fields={"status": Status.CREATING, **kept})
    return _Origin()


async def _of_snapshot(stores: Stores, snapshot_id: UUID, whose: str | None) -> _Origin:
    found = await stores.snapshots.get(snapshot_id, whose)
    if found.status is not SnapshotStatus.AVAILABLE:
        raise WrongStatus(
            f"Invalid snapshot: Originating snapshot status must be one of 'available' values, "
            f"not {found.status}."
        )
    source = await stores.volumes.find(found.volume_id)
    if source is None or found.cluster is None:
        raise snapshot.not_found(snapshot_id)
    fields = {"snapshot_id": found.id, **_inherited(source)}
    notes = {"kind": "snapshot", "id": str(found.id)}
    return _Origin(size=found.size, volume_type=source.volume_type_id, notes=notes, fields=fields)


async def _of_volume(stores: Stores, volume_id: UUID, whose: str | None) -> _Origin:
    source = await stores.volumes.get(volume_id, whose)
    if source.status not in COPYABLE:
        raise WrongStatus(
            f"Invalid volume: Volume {source.id} status must be available or in-use to be cloned, "
            f"not {source.status}."
        )
    if not source.has_content:
        return _Origin(
            size=source.size,
            volume_type=source.volume_type_id,
            fields={"source_id": source.id, "bootable": source.bootable},
        )
    kind = await stores.types.get_shared(source.volume_type_id)
    if source.driver != Driver.EXT or not kind.lets(CLONES):
        raise CannotYet(f"Volumes of type {source.volume_type} cannot be cloned.")
    fields = {"source_id": source.id, **_inherited(source)}
    notes = {"kind": "volume", "id": str(source.id)}
    return _Origin(size=source.size, volume_type=source.volume_type_id, notes=notes, fields=fields)


def _inherited(source: Volume) -> dict[str, Any]:
    """Return what a copy has from the volume that it is a copy of, or of a snapshot of."""
    return {
        "status": Status.CREATING,
        "bootable": source.bootable,
        "image_metadata": source.image_metadata,
        "cluster": source.cluster,
        "driver": source.driver,
        "disk_template": source.disk_template,
        "availability_zone": source.availability_zone,
    }


async def _begin(
    stores: Stores,
    volume: Volume,
    kind: VolumeType,
    source: Mapping[str, str],
    wish: Wish,
    usual: Defaults,
) -> Volume:
    """Find a place for what is to be copied, and start the copying."""
    if volume.cluster is None:
        zone = None if wish.zone in (None, usual.zone) else wish.zone
        near = None
        if wish.hints is not None:
            near = await understood(stores, volume.project_id, wish.hints)
        place = await find_place(stores, volume, kind, zone=zone, cluster=wish.cluster, near=near)
        if place is None:
            await stores.messages.add(_nowhere(volume))
            return volume.having(Status.ERROR, utcnow())
        volume = placed_at(volume, place, kind)
    elif wish.cluster not in (None, volume.cluster):
        raise BadInput(
            f"Invalid input received: What the volume is made from is in availability zone "
            f"{volume.availability_zone}, the server is not."
        )
    elif kind.driver not in (None, volume.driver):
        raise BadInput(
            f"Invalid input received: Invalid volume_type provided: {kind.id} (requested type is "
            "not compatible with the source's; recommend omitting the type argument)."
        )
    saga = BUILD if volume.driver == Driver.NATIVE else FILL
    await stores.sagas.start(saga, volume.id, {"source": dict(source)}, current_request_id())
    return volume


def _nowhere(volume: Volume) -> Any:
    return failed(
        Doing.CREATE,
        NO_ROOM,
        utcnow(),
        project_id=volume.project_id,
        resource_id=volume.id,
        request_id=current_request_id(),
    )
