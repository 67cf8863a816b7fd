"""Tells the rest of the cloud what became of an image."""

from services.image.domain.document import document_of
from services.image.domain.image import Image
from services.image.store.stores import Stores
from shared.contracts.resources import ImageChanged


async def publish(stores: Stores, image: Image, verb: str, request_id: str | None = None) -> None:
    """Queue the news, inside the caller's transaction.

    Args:
        stores: of the transaction that wrote the image.
        image: as it is now.
        verb: ``created``, ``updated`` or ``deleted``.
        request_id: the request that led to it, if one did.
    """
    fact = ImageChanged(
        verb=verb,
        id=str(image.id),
        project_id=image.owner,
        version=image.version,
        document=document_of(image),
    )
    await stores.outbox.publish(fact, request_id=request_id)
