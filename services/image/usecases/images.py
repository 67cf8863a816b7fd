"""Creates, changes and deletes images."""

import asyncio
from collections.abc import Callable

from services.image.domain.image import Image
from services.image.domain.quota import Limits, check_parts
from services.image.store.blobs import Blobs
from services.image.store.stores import Transaction
from services.image.usecases.publishing import publish
from services.image.usecases.tasks import fail_task
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.db.idempotency import Answer, Claim
from shared.ids import ImageId


async def create_image(
    transaction: Transaction,
    image: Image,
    limits: Limits,
    *,
    request_id: str,
    id_was_drawn: bool = False,
    repeatable: tuple[Claim, Answer] | None = None,
) -> None:
    """Have the image, still without bytes.

    Args:
        transaction: makes transactions.
        image: the new image.
        limits: how many there may be.
        request_id: the request this serves.
        id_was_drawn: its id is ours; otherwise the caller chose it.
        repeatable: under which key the request came, and what a repetition is answered.

    Raises:
        ImageExists: its id is taken.
        ProjectOverLimit: its owner has as many as it may.
        PartLimitExceeded: it has too many tags or properties.
    """
    _check_parts(image, limits)
    async with transaction() as stores:
        if limits.has_counts:
            limits.check_create(image.owner, await stores.images.usage(image.owner))
        await stores.images.add(image, id_was_drawn=id_was_drawn)
        await publish(stores, image, CREATED, request_id)
        if repeatable is not None:
            await stores.answers.keep(*repeatable)


async def change_image(
    transaction: Transaction,
    image_id: ImageId,
    change: Callable[[Image], Image],
    limits: Limits,
    *,
    request_id: str,
) -> Image:
    """Change an image and return it as it is then.

    Args:
        transaction: makes transactions.
        image_id: the image.
        change: returns the image as it shall be, or refuses.
        limits: how many tags and properties there may be.
        request_id: the request this serves.

    Raises:
        ImageNotFound: there is no such image.
        PartLimitExceeded: it would have too many tags or properties.
    """
    async with transaction() as stores:
        before = await stores.images.get_for_change(image_id)
        after = change(before)
        if after == before:
            return before
        _check_parts(after, limits)
        saved = await stores.images.save(after, utcnow())
        await publish(stores, saved, UPDATED, request_id)
    return saved


async def delete_image(
    transaction: Transaction, blobs: Blobs, image_id: ImageId, *, request_id: str
) -> None:
    """Delete an image; its bytes go as soon as nothing can bring it back.

    Bytes that are still arriving are left to the upload, which finds out.

    Raises:
        ImageNotFound: there is no such image.
        ImageProtected: its owner keeps it.
    """
    async with transaction() as stores:
        image = await stores.images.get_for_change(image_id)
        gone = await stores.images.save(image.delete(), utcnow())
        await publish(stores, gone, DELETED, request_id)
        if image.task is not None:
            await stores.sagas.supersede(image_id)
            await fail_task(stores, image.task, "The image was deleted.")
    if image.upload is not None and not image.is_arriving:
        await asyncio.to_thread(blobs.remove, image_id, image.upload)


def _check_parts(image: Image, limits: Limits) -> None:
    check_parts("image properties", len(image.properties), limits.properties)
    check_parts("image tags", len(image.tags), limits.tags)
