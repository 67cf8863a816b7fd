"""Says what volumes have become, in the transaction that made them so."""

from services.volume.domain.document import changed
from services.volume.domain.volume import Volume
from services.volume.store.stores import Stores
from shared.contracts.resources import UPDATED
from shared.logs import current_request_id


async def tell(stores: Stores, volume: Volume, verb: str) -> None:
    """Publish what a volume now is."""
    await stores.outbox.publish(changed(volume, verb), request_id=current_request_id())


async def save(stores: Stores, volume: Volume, verb: str = UPDATED) -> Volume:
    """Write a volume, and publish what it now is."""
    saved = await stores.volumes.save(volume)
    await tell(stores, saved, verb)
    return saved
