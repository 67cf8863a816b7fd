"""Cleans up what processes that died left behind, a bounded piece of it a round.

Uploads without a sign of life are given up: their images are queued again. Files are kept while
an image names their upload, and removed when none does. What is left of deleted images goes when
its time has come.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from services.image.store.blobs import SHARDS, Blob, Blobs
from services.image.store.stores import Transaction
from services.image.usecases.publishing import publish
from shared.clock import utcnow
from shared.contracts.resources import UPDATED
from shared.db.idempotency import IdempotencyRows

log = structlog.get_logger(__name__)

BATCH: Final = 100
SHARDS_A_ROUND: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Cleans up for ever.

    Args:
        transaction: makes transactions.
        blobs: the directory.
        answers: stored answers to repeated requests.
        lease: how long an upload may show no sign of life.
        keep_deleted: how long the ids of deleted images stay taken.
        pause: seconds between rounds.
    """

    transaction: Transaction
    blobs: Blobs
    answers: IdempotencyRows
    lease: timedelta
    keep_deleted: timedelta
    pause: float

    async def run(self) -> None:
        """Clean up until cancelled."""
        shard = 0
        while True:
            await self.give_up_dead_uploads()
            for number in range(shard, shard + SHARDS_A_ROUND):
                await self.remove_orphans(number % SHARDS)
            shard = (shard + SHARDS_A_ROUND) % SHARDS
            async with self.transaction() as stores:
                await stores.images.forget_deleted(self.keep_deleted, BATCH)
                await stores.tasks.purge(BATCH)
                await stores.sagas.forget()
            await self.answers.purge()
            await asyncio.sleep(self.pause)

    async def give_up_dead_uploads(self) -> None:
        """Queue the images again whose bytes will never come."""
        async with self.transaction() as stores:
            for image in await stores.images.dead_uploads(self.lease, BATCH):
                log.warning("upload given up", image=str(image.id), upload=str(image.upload))
                queued = await stores.images.save(image.give_up_upload(), utcnow())
                await publish(stores, queued, UPDATED)

    async def remove_orphans(self, shard: int) -> None:
        """Remove the files in a part of the directory that no image names.

        A file is younger than the row that names it, so whoever sees a file and then finds no
        such row may remove it.
        """
        blobs = await asyncio.to_thread(lambda: list(self.blobs.in_shard(shard)))
        for at in range(0, len(blobs), BATCH):
            some = blobs[at : at + BATCH]
            async with self.transaction() as stores:
                wanted = await stores.images.uploads_of({blob.image_id for blob in some})
            orphans = [blob for blob in some if blob.upload not in wanted and self._is_old(blob)]
            await asyncio.to_thread(_unlink, orphans)

    def _is_old(self, blob: Blob) -> bool:
        """Whether nobody can be about to remove the file in the regular way."""
        return time.time() - blob.modified > self.lease.total_seconds()


def _unlink(blobs: Sequence[Blob]) -> None:
    for blob in blobs:
        log.warning("orphaned file removed", image=str(blob.image_id), upload=str(blob.upload))
        blob.path.unlink(missing_ok=True)
