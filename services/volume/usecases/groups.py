"""What the volume service does with groups of volumes. Each function is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.volume.domain.group import (
    DELETABLE,
    Group,
    GroupStatus,
    WrongGroup,
    check_quota,
)
from services.volume.domain.group_type import not_found as type_not_found
from services.volume.domain.lifecycle import Action, Status
from services.volume.domain.volume import CannotYet, Volume, not_found
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.create_volumes import usable_type
from services.volume.usecases.placing import require_zone
from services.volume.usecases.telling import save
from services.volume.usecases.volumes import remove
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import Caller
from shared.ids import new_uuid

MOVABLE = frozenset({Status.AVAILABLE, Status.IN_USE})
LEAVABLE = MOVABLE | {Status.ERROR, Status.ERROR_DELETING}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWish:
    """The group a user asks for; types by name or id."""

    group_type: str
    volume_types: Sequence[str]
    name: str | None = None
    description: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """What changes of a group; None: nothing."""

    name: str | None = None
    description: str | None = None
    add: frozenset[UUID] = field(default_factory=frozenset)
    remove: frozenset[UUID] = field(default_factory=frozenset)


async def create(transaction: Transaction, caller: Caller, wish: GroupWish, zone: str) -> Group:
    """Have a group, without volumes yet.

    Args:
        transaction: of the service.
        caller: whose it will be.
        wish: what is asked for.
        zone: of a group that names none.

    Raises:
        GroupTypeNotFound, TypeNotFound: no such type, or not for this project.
        BadInput: the type promises what the storage cannot keep, or there is no such zone.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        kind = await stores.group_types.find(wish.group_type)
        if kind is None or not kind.is_usable(is_admin=caller.is_admin):
            raise type_not_found(wish.group_type)
        if kind.is_consistent:
            raise CannotYet(
                f"Groups of type {kind.name} cannot be had: the storage takes snapshots of one "
                "volume after the other, not of all at one moment."
            )
        types = [await usable_type(stores, caller, each, "") for each in wish.volume_types]
        if wish.zone not in (None, zone):
            await require_zone(stores, str(wish.zone), None)
        await reserve(stores, caller.project_id)
        group = Group(
            id=new_uuid(),
            project_id=caller.project_id,
            user_id=caller.user_id,
            name=wish.name,
            description=wish.description,
            status=GroupStatus.AVAILABLE,
            availability_zone=wish.zone or zone,
            group_type_id=kind.id,
            volume_types=tuple(dict.fromkeys(each.id for each in types)),
            created_at=utcnow(),
        )
        await stores.groups.add(group)
        return group


async def reserve(stores: Stores, project_id: str) -> None:
    """Count one more group of a project.

    Raises:
        OverQuota: it may not have so many.
    """
    await stores.volumes.lock(project_id)
    limits = await stores.quotas.of_project(project_id)
    check_quota(limits, await stores.groups.count(project_id))


async def update(
    transaction: Transaction, group_id: UUID, project_id: str | None, wanted: GroupChange
) -> Group:
    """Name a group, and have volumes in it or no longer.

    Raises:
        GroupNotFound: there is no such group.
        BadInput: a volume cannot come or go.
    """
    async with transaction() as stores:
        group = await stores.groups.get(group_id, project_id)
        group.require_available("update")
        if both := wanted.add & wanted.remove:
            raise BadInput(
                f"Invalid input received: Volume {min(map(str, both))} is in both "
                "add_volumes and remove_volumes."
            )
        await _move(stores, group, wanted)
        named = replace(
            group,
            name=group.name if wanted.name is None else wanted.name,
            description=group.description if wanted.description is None else wanted.description,
            updated_at=utcnow(),
        )
        await stores.groups.save(named)
        return named


async def _move(stores: Stores, group: Group, wanted: GroupChange) -> None:
    volumes = await stores.volumes.with_ids(wanted.add | wanted.remove)
    found: dict[UUID, Volume] = {each.id: each for each in volumes}
    for ident in sorted(wanted.remove):
        volume = found.get(ident)
        if volume is None or volume.group_id != group.id:
            raise WrongGroup(
                f"Invalid volume: Cannot remove volume {ident} from group {group.id} because it "
                "is not in the group."
            )
        _require(volume, LEAVABLE, f"remove volume {ident} from", group)
        await save(stores, replace(volume, group_id=None, updated_at=utcnow()))
    for ident in sorted(wanted.add):
        volume = found.get(ident)
        if volume is None or volume.project_id != group.project_id:
            raise not_found(ident)
        await _add(stores, group, volume)


async def _add(stores: Stores, group: Group, volume: Volume) -> None:
    if volume.group_id == group.id:
        return
    if volume.group_id is not None:
        raise WrongGroup(
            f"Invalid volume: Cannot add volume {volume.id} to group {group.id} because it is "
            f"already in group {volume.group_id}."
        )
    group.require_type(volume.volume_type_id)
    _require(volume, MOVABLE, f"add volume {volume.id} to", group)
    await save(stores, replace(volume, group_id=group.id, updated_at=utcnow()))


def _require(volume: Volume, allowed: frozenset[Status], doing: str, group: Group) -> None:
    if volume.status not in allowed:
        raise WrongGroup(
            f"Invalid volume: Cannot {doing} group {group.id} because the volume is in an invalid "
            f"state: {volume.status}."
        )


async def delete(
    transaction: Transaction, group_id: UUID, project_id: str | None, *, with_volumes: bool
) -> None:
    """Have no such group, nor its volumes if that is wanted.

    Raises:
        GroupNotFound: there is no such group.
        BadInput: it has volumes or snapshots, or servers use them.
    """
    async with transaction() as stores:
        group = await stores.groups.get(group_id, project_id)
        if group.status not in DELETABLE:
            raise WrongGroup(
                f"Invalid Group: Group status must be available or error or error_deleting, but "
                f"current status is: {group.status}."
            )
        if await stores.groups.has_snapshots(group.id):
            raise WrongGroup(f"Invalid Group: Group {group.id} still has dependent snapshots.")
        volumes = await stores.volumes.of_group(group.id)
        if volumes and not with_volumes:
            raise WrongGroup(
                f"Invalid Group: Group {group.id} still contains volumes. The delete-volumes flag "
                "is required to delete it."
            )
        for volume in volumes:
            await remove(stores, volume, Action.FORCE_DELETE)
        deleting = group.having(GroupStatus.DELETING, utcnow())
        left = await stores.groups.statuses(deleting)
        await stores.groups.save(deleting.following(left, utcnow()))


async def reset(
    transaction: Transaction, group_id: UUID, project_id: str | None, status: GroupStatus
) -> None:
    """Write another status of a group down, whatever is so.

    Raises:
        GroupNotFound: there is no such group.
    """
    async with transaction() as stores:
        group = await stores.groups.get(group_id, project_id)
        await stores.groups.save(group.having(status, utcnow()))
