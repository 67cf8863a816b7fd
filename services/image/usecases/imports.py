"""Imports images: from what was staged, or from the web. Asked for now, done by a saga."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.image.domain.image import Image, ImageGone, ImageNotFound, Status
from services.image.domain.quota import Limits
from services.image.domain.sources import DIRECT, SourceRefused
from services.image.domain.task import Task
from services.image.store.blobs import Blobs
from services.image.store.stores import Stores, Transaction
from services.image.usecases.publishing import publish
from services.image.usecases.receiving import content_of, pass_matching
from services.image.usecases.sources import Source
from services.image.usecases.tasks import begin_attempt, end_task, fail_task
from services.image.usecases.uploads import Uploads, check_room, fetched_for
from shared.clock import utcnow
from shared.contracts.resources import UPDATED
from shared.ids import ImageId, new_uuid

SAGA: Final = "image.import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An import as it was asked for."""

    owner: str  # the project that asks
    user_id: str
    request_id: str
    request: dict[str, Any]  # the body: method, with its name and parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What imports need: the way bytes come in, where from, and how often to try."""

    transaction: Transaction
    blobs: Blobs
    uploads: Uploads
    limits: Limits
    source: Source
    attempts: int

    async def start(self, image_id: ImageId, asked: Asked) -> Task:
        """Promise to import an image.

        Raises:
            ImageNotFound: there is no such image.
            ImportForbidden: it is in no state for this.
            ProjectOverLimit: its project has no room, or too many are under way.
        """
        now = utcnow()
        task = Task(
            id=new_uuid(),
            image_id=image_id,
            owner=asked.owner,
            user_id=asked.user_id,
            request_id=asked.request_id,
            input={"image_id": str(image_id), "import_req": asked.request, "backend": [None]},
            created_at=now,
            updated_at=now,
        )
        async with self.transaction() as stores:
            before = await stores.images.get_for_change(image_id)
            image = before.begin_import(task.method["name"], task.id)
            if self.limits.has_upload_limits:
                await self._check_quota(stores, before)
            await stores.tasks.add(task)
            await stores.sagas.start(SAGA, image_id, {"task": str(task.id)}, asked.request_id)
            saved = await stores.images.save(image, now)
            await publish(stores, saved, UPDATED, asked.request_id)
        return task

    async def bring(self, image_id: ImageId, task_id: UUID, request_id: str) -> None:
        """Give the image its bytes; nothing happens where that was done before.

        Raises:
            SourceDown: the source does not answer now.
            CloudError: it cannot be done.
        """
        async with self.transaction() as stores:
            task = await begin_attempt(stores, task_id)
        if task is None:
            return
        if task.attempts > self.attempts:
            raise SourceRefused(f"The import failed {self.attempts} times.")
        if task.method["name"] == DIRECT:
            await self._take_staged(image_id, task_id, request_id)
        else:
            await self._fetch(image_id, task, request_id)

    async def give_up(self, image_id: ImageId, task_id: UUID, reason: str, request_id: str) -> None:
        """Queue the image again, without a byte, and say why in its task."""
        async with self.transaction() as stores:
            await fail_task(stores, task_id, reason)
            try:
                image = await stores.images.get_for_change(image_id)
            except ImageNotFound:
                return
            if image.task != task_id:
                return
            queued = await stores.images.save(image.give_up_upload(), utcnow())
            await publish(stores, queued, UPDATED, request_id)
        if image.upload is not None:
            await asyncio.to_thread(self.blobs.remove, image_id, image.upload)

    async def _check_quota(self, stores: Stores, image: Image) -> None:
        usage = await stores.images.usage(image.owner)
        if image.status is Status.QUEUED:  # what is staged is counted as under way already
            self.limits.check_upload(image.owner, usage)
        else:
            self.limits.check_storage(image.owner, usage)

    async def _take_staged(self, image_id: ImageId, task_id: UUID, request_id: str) -> None:
        async with self.transaction() as stores:
            image = await stores.images.get_for_change(image_id)
            if image.task != task_id or image.staged is None:
                raise ImageGone(image_id)
            pass_matching(image, image.staged.seen, self.limits)
            await check_room(stores, image, image.staged.content.size, self.limits)
            whole = image.finish_upload(content_of(image, image.staged))
            saved = await stores.images.save(whole, utcnow())
            await end_task(stores, task_id)
            await publish(stores, saved, UPDATED, request_id)

    async def _fetch(self, image_id: ImageId, task: Task, request_id: str) -> None:
        async def end(stores: Stores) -> None:
            await end_task(stores, task.id)

        async with self.source.open(task.method["uri"]) as coming:
            await self.uploads.receive(
                image_id,
                coming.pieces,
                arrival=fetched_for(task.id, end),
                announced=coming.size,
                expected=coming.size,
                request_id=request_id,
            )
