"""Groups follow their volumes, and snapshots of groups their snapshots.

Each function is a transaction of its own, after the one that changed a member: a group is locked
before its members, and who changes one member has locked that already.
"""

from uuid import UUID

from services.volume.domain.group import Group, GroupSnapshot
from services.volume.store.stores import Stores, Transaction
from shared.clock import utcnow


async def group_of_volume(transaction: Transaction, volume_id: UUID) -> None:
    """Have the group of a volume in the status its volumes make it."""
    async with transaction() as stores:
        await _follow(stores, await stores.groups.of_volume(volume_id))


async def whole_of_snapshot(transaction: Transaction, snapshot_id: UUID) -> None:
    """Have the snapshot of a group in the status its snapshots make it."""
    async with transaction() as stores:
        await _follow(stores, await stores.groups.of_snapshot(snapshot_id))


async def _follow(stores: Stores, whole: Group | GroupSnapshot | None) -> None:
    if whole is None:
        return
    now_so = whole.following(await stores.groups.statuses(whole), utcnow())
    if now_so is not whole:
        await stores.groups.save(now_so)
