"""What the volume service does with transfers. Each function is one transaction."""

from uuid import UUID

from services.volume.domain import quotas
from services.volume.domain.lifecycle import Action, Status
from services.volume.domain.quotas import Count
from services.volume.domain.transfer import Transfer, digest, new_key
from services.volume.domain.volume import Volume, WrongStatus
from services.volume.domain.volume_type import not_found
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases.telling import save
from shared.clock import utcnow
from shared.identity.caller import Caller
from shared.ids import new_uuid


async def offer(
    transaction: Transaction,
    volume_id: UUID,
    project_id: str | None,
    *,
    name: str | None,
    no_snapshots: bool,
) -> tuple[Transfer, str]:
    """Offer a volume to whoever has the key; return the offer and the key, told only now.

    Raises:
        VolumeNotFound: there is no such volume.
        WrongStatus: it is not available, or of a group.
    """
    key = new_key()
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        offered = volume.doing(Action.OFFER, utcnow())
        if volume.group_id is not None:
            raise WrongStatus(f"Invalid volume: Volume {volume.id} must not be part of a group.")
        transfer = Transfer(
            id=new_uuid(),
            volume_id=volume.id,
            project_id=volume.project_id,
            name=name,
            key_digest=digest(key),
            no_snapshots=no_snapshots,
            created_at=utcnow(),
        )
        await stores.transfers.add(transfer)
        await save(stores, offered)
        return transfer, key


async def withdraw(transaction: Transaction, transfer_id: UUID, project_id: str | None) -> None:
    """Offer a volume no more.

    Raises:
        TransferNotFound: there is no such offer.
    """
    async with transaction() as stores:
        transfer = await stores.transfers.get(transfer_id, project_id)
        volume = await stores.volumes.get(transfer.volume_id, None)
        await stores.transfers.end(transfer)
        if volume.status is Status.AWAITING_TRANSFER:  # administrators may have reset it
            kept = volume.doing(Action.WITHDRAW, utcnow())
            await save(stores, kept)


async def accept(transaction: Transaction, caller: Caller, transfer_id: UUID, key: str) -> Transfer:
    """Make the volume on offer the caller's project's.

    Raises:
        TransferNotFound: there is no such offer.
        WrongKey: the key is another.
        WrongStatus: the volume is not on offer any more.
        TypeNotFound: the project may not use volumes of that type.
        OverQuota: the limits of the caller's project.
    """
    async with transaction() as stores:
        transfer = await stores.transfers.get(transfer_id, None)
        transfer.check_key(key)
        volume = await stores.volumes.get(transfer.volume_id, None)
        await stores.transfers.end(transfer, taken_by=caller.project_id)
        await stores.volumes.lock(caller.project_id)
        kind = await stores.types.find(str(volume.volume_type_id))
        if kind is None or not kind.is_usable_by(caller.project_id, is_admin=caller.is_admin):
            raise not_found(volume.volume_type_id)
        taken = volume.doing(
            Action.ACCEPT, utcnow(), project_id=caller.project_id, user_id=caller.user_id
        )
        if caller.project_id != volume.project_id:
            limits = await stores.quotas.of_project(caller.project_id)
            quotas.check_size(limits, volume.size)
            usage = await stores.volumes.usage(caller.project_id)
            quotas.check(limits, usage, kind.name, await _changing_hands(stores, volume, transfer))
            if not transfer.no_snapshots:
                await stores.snapshots.give(volume.id, caller.project_id, caller.user_id)
        await save(stores, taken)
        return transfer


async def _changing_hands(stores: Stores, volume: Volume, transfer: Transfer) -> Count:
    """Return what the volume adds to what its new project has: snapshots too, unless kept back."""
    snapshots = [] if transfer.no_snapshots else await stores.snapshots.of_volume(volume.id)
    return Count(
        volumes=1,
        snapshots=len(snapshots),
        gigabytes=volume.size + sum(each.size for each in snapshots),
    )
