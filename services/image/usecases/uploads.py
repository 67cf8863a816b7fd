"""Takes the bytes of an image in: all of them, or none.

How bytes come, and what the image is before, with and without them, is an ``Arrival``; the way
they take is the same for all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from services.image.domain.image import Image, ImageGone, ImageNotFound, Staged
from services.image.domain.quota import Limits, Usage
from services.image.store.blobs import Blobs
from services.image.store.stores import Stores, Transaction
from services.image.usecases.publishing import publish
from services.image.usecases.receiving import (
    Check,
    Receiver,
    content_of,
    pass_anything,
    pass_harmless,
    pass_matching,
)
from shared.clock import utcnow
from shared.contracts.resources import DELETED, UPDATED
from shared.ids import ImageId, new_uuid


async def _nothing_more(_stores: Stores) -> None:
    """Change nothing but the image."""


def _check_upload(limits: Limits, owner: str, usage: Usage) -> int:
    limits.check_upload(owner, usage)
    return limits.room(usage)


def _check_stage(limits: Limits, owner: str, usage: Usage) -> int:
    limits.check_stage(owner, usage)
    return limits.stage_room(usage)


def _check_fetch(limits: Limits, owner: str, usage: Usage) -> int:
    limits.check_storage(owner, usage)  # it was counted as under way when it was asked for
    return limits.room(usage)


def _whole(image: Image, received: Staged) -> Image:
    return image.finish_upload(content_of(image, received))


def _unprotected_gone(image: Image) -> Image:
    queued = image.give_up_upload()
    return queued if image.protected else queued.delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One way bytes come."""

    begin: Callable[[Image, UUID], Image]
    end: Callable[[Image, Staged], Image] = _whole
    give_up: Callable[[Image], Image] = Image.give_up_upload
    check: Callable[[Limits, str, Usage], int] = _check_upload  # returns the room there is
    also: Callable[[Stores], Awaitable[None]] = _nothing_more  # when all bytes are there
    inspect: Check = pass_harmless
    is_stored: bool = True  # they are the image then


UPLOAD: Final = Arrival(begin=Image.begin_upload)
FROM_NODE: Final = Arrival(begin=Image.begin_upload, inspect=pass_matching)
FROM_NODE_OR_DELETE: Final = replace(FROM_NODE, give_up=_unprotected_gone)
STAGE: Final = Arrival(
    begin=Image.begin_stage,
    end=Image.finish_stage,
    check=_check_stage,
    inspect=pass_anything,
    is_stored=False,
)


def fetched_for(task: UUID, also: Callable[[Stores], Awaitable[None]]) -> Arrival:
    """Return the way bytes come that an import fetches.

    Args:
        task: the import.
        also: what else is written when all of them are there.
    """
    return Arrival(
        begin=lambda image, upload: image.begin_fetch(task, upload),
        give_up=Image.give_up_fetch,
        check=_check_fetch,
        inspect=pass_matching,
        also=also,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """What uploads need: a place for bytes, threads, limits, and how often to show life."""

    transaction: Transaction
    blobs: Blobs
    threads: Executor
    limits: Limits
    beat: float  # seconds between signs of life; several times shorter than the lease

    async def receive(
        self,
        image_id: ImageId,
        pieces: AsyncIterator[bytes],
        *,
        arrival: Arrival = UPLOAD,
        announced: int | None,
        expected: int | None,
        request_id: str,
    ) -> None:
        """Receive the bytes of an image; whatever goes wrong, none are left.

        Args:
            image_id: the image.
            pieces: the bytes as they come.
            arrival: what the image is before, with, and without them.
            announced: how many the request says there are.
            expected: how many there must be.
            request_id: the request this serves.

        Raises:
            ImageNotFound: there is no such image.
            StatusForbids: it does not wait for bytes.
            FormatsMissing: it does not say what its bytes will be.
            ImageGone: it was deleted meanwhile.
        """
        upload = new_uuid()
        image, room = await self._begin(image_id, upload, arrival, request_id)
        try:
            self.limits.check_size(announced or 0, room)
            received = await self._take(image, upload, pieces, arrival, room, expected)
            await self._finish(image_id, upload, received, arrival, request_id)
        except BaseException:  # a cancelled upload leaves nothing behind either
            await asyncio.shield(self.give_up(image_id, upload, arrival, request_id))
            raise

    async def _begin(
        self, image_id: ImageId, upload: UUID, arrival: Arrival, request_id: str
    ) -> tuple[Image, int]:
        async with self.transaction() as stores:
            image = arrival.begin(await stores.images.get_for_change(image_id), upload)
            room = self.limits.size_cap
            if self.limits.has_upload_limits:
                usage = await stores.images.usage(image.owner)
                room = arrival.check(self.limits, image.owner, usage)
            image = await stores.images.save(image, utcnow(), begins_upload=True)
            await publish(stores, image, UPDATED, request_id)
        return image, room

    async def _take(
        self,
        image: Image,
        upload: UUID,
        pieces: AsyncIterator[bytes],
        arrival: Arrival,
        room: int,
        expected: int | None,
    ) -> Staged:
        part = await asyncio.to_thread(self.blobs.open_part, image.id, upload)
        receiver = Receiver(
            image,
            part,
            self.threads,
            limits=self.limits,
            room=room,
            expected=expected,
            check=arrival.inspect,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._show_life(image.id, upload))
                received = await receiver.take(pieces)
                beating.cancel()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            part.close()
        return received

    async def _show_life(self, image_id: ImageId, upload: UUID) -> None:
        while True:
            await asyncio.sleep(self.beat)
            async with self.transaction() as stores:
                if not await stores.images.touch_upload(image_id, upload):
                    raise ImageGone(image_id)

    async def _finish(
        self,
        image_id: ImageId,
        upload: UUID,
        received: Staged,
        arrival: Arrival,
        request_id: str,
    ) -> None:
        async with self.transaction() as stores:
            try:
                image = await stores.images.get_for_change(image_id)
            except ImageNotFound as deleted:
                raise ImageGone(image_id) from deleted
            if not image.is_receiving(upload):
                raise ImageGone(image_id)
            if arrival.is_stored:
                await check_room(stores, image, received.content.size, self.limits)
            image = await stores.images.save(arrival.end(image, received), utcnow())
            await arrival.also(stores)
            await publish(stores, image, UPDATED, request_id)

    async def give_up(
        self, image_id: ImageId, upload: UUID, arrival: Arrival, request_id: str
    ) -> None:
        """Have no bytes of the upload, unless they are the image's after all."""
        async with self.transaction() as stores:
            image: Image | None
            try:
                image = await stores.images.get_for_change(image_id)
            except ImageNotFound:
                image = None
            if image is not None and image.upload == upload:
                if not image.is_receiving(upload):
                    return  # the commit went through after all: these are its bytes
                after = arrival.give_up(image)
                verb = UPDATED if after.is_there else DELETED
                await publish(stores, await stores.images.save(after, utcnow()), verb, request_id)
        await asyncio.to_thread(self.blobs.remove, image_id, upload)


async def check_room(stores: Stores, image: Image, size: int, limits: Limits) -> None:
    """Let the image have its bytes: others may have filled the quota since they began to come.

    Raises:
        StorageQuotaFull: there is no room for them any more.
    """
    if limits.size_total >= 0:
        limits.check_size(size, limits.room(await stores.images.usage(image.owner)))
