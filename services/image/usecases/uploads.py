"""Takes the bytes of an image in: all of them, or none."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass
from uuid import UUID

from services.image.domain.image import Content, Image, ImageGone, ImageNotFound
from services.image.domain.quota import Limits
from services.image.store.blobs import Blobs
from services.image.store.stores import Transaction
from services.image.usecases.publishing import publish
from services.image.usecases.receiving import Receiver
from shared.clock import utcnow
from shared.contracts.resources import DELETED, UPDATED
from shared.ids import ImageId, new_uuid


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
        announced: int | None,
        expected: int | None,
        request_id: str,
        or_delete: bool = False,
    ) -> None:
        """Receive the bytes of a queued image and make it active.

        Whatever goes wrong, the image is queued again and no bytes are left.

        Args:
            image_id: the image.
            pieces: the bytes as they come.
            announced: how many the request says there are.
            expected: how many there must be.
            request_id: the request this serves.
            or_delete: whether the image is deleted, not queued, when its bytes fail to come.

        Raises:
            ImageNotFound: there is no such image.
            StatusForbids: it is not queued.
            FormatsMissing: it does not say what its bytes will be.
            ImageGone: it was deleted meanwhile.
        """
        upload = new_uuid()
        image, room = await self._begin(image_id, upload, request_id)
        try:
            self.limits.check_size(announced or 0, room)
            content = await self._take(image, upload, pieces, room=room, expected=expected)
            await self._finish(image_id, upload, content, request_id)
        except BaseException:  # a cancelled upload leaves nothing behind either
            await asyncio.shield(self._give_up(image_id, upload, request_id, or_delete))
            raise

    async def _begin(self, image_id: ImageId, upload: UUID, request_id: str) -> tuple[Image, int]:
        async with self.transaction() as stores:
            image = (await stores.images.get_for_change(image_id)).begin_upload(upload)
            room = self.limits.size_cap
            if self.limits.has_upload_limits:
                usage = await stores.images.usage(image.owner)
                self.limits.check_upload(image.owner, usage)
                room = self.limits.room(usage)
            image = await stores.images.save(image, utcnow(), begins_upload=True)
            await publish(stores, image, UPDATED, request_id)
        return image, room

    async def _take(
        self,
        image: Image,
        upload: UUID,
        pieces: AsyncIterator[bytes],
        *,
        room: int,
        expected: int | None,
    ) -> Content:
        part = await asyncio.to_thread(self.blobs.open_part, image.id, upload)
        receiver = Receiver(
            image, part, self.threads, limits=self.limits, room=room, expected=expected
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._show_life(image.id, upload))
                content = await receiver.take(pieces)
                beating.cancel()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            part.close()
        return content

    async def _show_life(self, image_id: ImageId, upload: UUID) -> None:
        while True:
            await asyncio.sleep(self.beat)
            async with self.transaction() as stores:
                if not await stores.images.touch_upload(image_id, upload):
                    raise ImageGone(image_id)

    async def _finish(
        self, image_id: ImageId, upload: UUID, content: Content, request_id: str
    ) -> None:
        async with self.transaction() as stores:
            try:
                image = await stores.images.get_for_change(image_id)
            except ImageNotFound as deleted:
                raise ImageGone(image_id) from deleted
            if not image.is_receiving(upload):
                raise ImageGone(image_id)
            if self.limits.size_total >= 0:  # others may have filled the quota meanwhile
                room = self.limits.room(await stores.images.usage(image.owner))
                self.limits.check_size(content.size, room)
            image = await stores.images.save(image.finish_upload(content), utcnow())
            await publish(stores, image, UPDATED, request_id)

    async def _give_up(
        self, image_id: ImageId, upload: UUID, request_id: str, or_delete: bool
    ) -> None:
        async with self.transaction() as stores:
            image: Image | None
            try:
                image = await stores.images.get_for_change(image_id)
            except ImageNotFound:
                image = None
            if image is not None and image.upload == upload:
                if not image.is_receiving(upload):
                    return  # the commit went through after all: these are its bytes
                after = image.give_up_upload()
                drop = or_delete and not image.protected
                image = await stores.images.save(after.delete() if drop else after, utcnow())
                await publish(stores, image, DELETED if drop else UPDATED, request_id)
        await asyncio.to_thread(self.blobs.remove, image_id, upload)
