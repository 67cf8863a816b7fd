"""Snapshots of whole groups, and groups made from them. Each function is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.volume.domain.group import (
    DELETABLE,
    Group,
    GroupSnapshot,
    GroupStatus,
    WrongGroup,
)
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases import snapshots
from services.volume.usecases.create_volumes import Defaults, Wish, add
from services.volume.usecases.groups import reserve
from services.volume.usecases.snapshots import SnapshotWish
from shared.clock import utcnow
from shared.identity.caller import Caller
from shared.ids import new_uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a user calls something."""

    name: str | None = None
    description: str | None = None


async def take(
    transaction: Transaction, caller: Caller, project_id: str | None, group_id: UUID, named: Named
) -> GroupSnapshot:
    """Have snapshots of all the volumes of a group.

    Raises:
        GroupNotFound: there is no such group.
        BadInput: it has no volumes, or one of them cannot have snapshots.
        OverQuota: the project's limits.
    """
    async with transaction() as stores:
        group = await stores.groups.get(group_id, project_id)
        group.require_available("snapshot")
        volumes = await stores.volumes.of_group(group.id)
        if not volumes:
            raise WrongGroup("Invalid Group: Group is empty. No group snapshot will be created.")
        whole = GroupSnapshot(
            id=new_uuid(),
            project_id=group.project_id,
            user_id=caller.user_id,
            name=named.name,
            description=named.description,
            status=GroupStatus.CREATING,
            group_id=group.id,
            group_type_id=group.group_type_id,
            created_at=utcnow(),
        )
        await stores.groups.add(whole)
        for volume in volumes:
            wish = SnapshotWish(
                volume_id=volume.id,
                name=named.name,
                description=named.description,
                even_in_use=True,
                group_snapshot_id=whole.id,
            )
            await snapshots.take(stores, caller, volume, wish)
        return whole


async def name(
    transaction: Transaction, snapshot_id: UUID, project_id: str | None, **named: str | None
) -> GroupSnapshot:
    """Call a snapshot of a group something else.

    Raises:
        GroupSnapshotNotFound: there is none.
    """
    async with transaction() as stores:
        whole = await stores.groups.get_snapshot(snapshot_id, project_id)
        changed = whole.having(whole.status, utcnow(), **named)
        await stores.groups.save(changed)
        return changed


async def delete(transaction: Transaction, snapshot_id: UUID, project_id: str | None) -> None:
    """Have no such snapshots.

    Raises:
        GroupSnapshotNotFound: there is none.
        WrongGroup: its status does not allow it, or a group is being made from it.
    """
    async with transaction() as stores:
        whole = await stores.groups.get_snapshot(snapshot_id, project_id)
        if whole.status not in DELETABLE:
            raise WrongGroup(
                "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no "
                f"Group can be currently using it as source for its creation, but it is "
                f"{whole.status}."
            )
        for each in await stores.snapshots.of_group_snapshot(whole.id):
            await snapshots.drop(stores, each, force=True)
        await stores.groups.save(whole.having(GroupStatus.DELETING, utcnow()))


async def reset(
    transaction: Transaction, snapshot_id: UUID, project_id: str | None, status: GroupStatus
) -> None:
    """Write another status of a snapshot of a group down, whatever is so.

    Raises:
        GroupSnapshotNotFound: there is none.
    """
    async with transaction() as stores:
        whole = await stores.groups.get_snapshot(snapshot_id, project_id)
        await stores.groups.save(whole.having(status, utcnow()))


async def group_from_snapshot(
    transaction: Transaction, caller: Caller, snapshot_id: UUID, named: Named, usual: Defaults
) -> Group:
    """Have a group whose volumes are what a group held when it was snapshot.

    Raises:
        GroupSnapshotNotFound: there is no such snapshot.
        BadInput: it is not there wholly.
        OverQuota: the project's limits.
    """
    whose = None if caller.is_admin else caller.project_id
    async with transaction() as stores:
        whole = await stores.groups.get_snapshot(snapshot_id, whose)
        if whole.status is not GroupStatus.AVAILABLE:
            raise WrongGroup(
                f"Invalid GroupSnapshot: Status must be available, but is {whole.status}."
            )
        source = await stores.groups.get(whole.group_id, None, hold=True)
        group = await _begin(stores, caller, source, named, group_snapshot_id=whole.id)
        copies = [
            Wish(size=None, snapshot_id=each.id, group_id=group.id, name=named.name)
            for each in await stores.snapshots.of_group_snapshot(whole.id)
        ]
        return await _fill(stores, caller, group, copies, usual)


async def group_from_group(
    transaction: Transaction, caller: Caller, source_id: UUID, named: Named, usual: Defaults
) -> Group:
    """Have a group whose volumes are copies of another one's.

    Raises:
        GroupNotFound: there is no such group.
        BadInput: its volumes cannot be copied.
        OverQuota: the project's limits.
    """
    whose = None if caller.is_admin else caller.project_id
    async with transaction() as stores:
        source = await stores.groups.get(source_id, whose)
        source.require_available("copy")
        volumes = await stores.volumes.of_group(source.id)
        if not volumes:
            raise WrongGroup("Invalid Group: Source Group is empty. No group will be created.")
        group = await _begin(stores, caller, source, named, source_group_id=source.id)
        copies = [
            Wish(size=None, source_id=each.id, group_id=group.id, name=named.name)
            for each in volumes
        ]
        return await _fill(stores, caller, group, copies, usual)


async def _begin(
    stores: Stores, caller: Caller, source: Group, named: Named, **origin: Any
) -> Group:
    """Have the group that copies will be in; a copy of a group is where the group is."""
    await reserve(stores, caller.project_id)
    group = Group(
        id=new_uuid(),
        project_id=caller.project_id,
        user_id=caller.user_id,
        name=named.name,
        description=named.description,
        status=GroupStatus.CREATING,
        availability_zone=source.availability_zone,
        group_type_id=source.group_type_id,
        volume_types=source.volume_types,
        created_at=utcnow(),
        **origin,
    )
    await stores.groups.add(group)
    return group


async def _fill(
    stores: Stores, caller: Caller, group: Group, copies: Sequence[Wish], usual: Defaults
) -> Group:
    """Have the group's volumes; copies of what holds nothing are there at once."""
    made = [await add(stores, caller, wish, usual) for wish in copies]
    now_so = group.following([each.status for each in made], utcnow())
    if now_so is not group:
        await stores.groups.save(now_so)
    return now_so
