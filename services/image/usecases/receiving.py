"""Receives the bytes of one upload: to the disk, through two hashes and an inspection, at once.

The event loop only gathers pieces as they come from the socket; threads do the rest, each hash
and the disk in a thread of its own, on whole batches of pieces that nobody copies or joins.
While one batch is worked on, the next one gathers. The disk is not left to the end: what was
written is brought onto it while more arrives.
"""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from services.image.domain.formats import PLAIN, Seen, judge
from services.image.domain.image import Content, Image, Staged
from services.image.domain.quota import Limits, StorageFull
from services.image.store.blobs import PartFile
from services.image.usecases.inspection import Inspection
from shared.errors import BadInput

BATCH: Final = 2 * 1024 * 1024  # bytes that make the way to three threads worth it
STRETCH: Final = 32 * 1024 * 1024  # bytes that are brought onto the disk at a time
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Work = Callable[[Sequence[bytes]], object]
Check = Callable[[Image, Seen, Limits], None]


class SizeMismatch(BadInput):
    """Another number of bytes came than was announced."""

    code = "image.size_mismatch"


class Receiver:
    """Takes the bytes of one upload.

    Args:
        image: whose bytes these are.
        part: the file they go to.
        threads: where the work is done; four at a time.
        limits: how large an image may be.
        room: bytes its project has left.
        expected: how many bytes the client says there are.
        check: lets them pass as the image's, or not.
    """

    def __init__(
        self,
        image: Image,
        part: PartFile,
        threads: Executor,
        *,
        limits: Limits,
        room: int,
        expected: int | None,
        check: Check,
    ) -> None:
        self._image = image
        self._part = part
        self._threads = threads
        self._limits = limits
        self._room = room
        self._expected = expected
        self._check = check
        self._inspection = Inspection()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self._size = 0
        self._synced = 0  # bytes that are on the disk, or on their way
        self._syncing: asyncio.Future[None] | None = None

    async def take(self, pieces: AsyncIterator[bytes]) -> Staged:
        """Receive everything, keep the file, and return what was received.

        Raises:
            ImageTooLarge: no image may have so many bytes.
            StorageQuotaFull: the project has not so much left.
            StorageFull: neither has the disk.
            ContentMismatch: the bytes are not of the image's format.
            ContentUnsafe: a node must not open them.
            SizeMismatch: there are more or fewer than expected.
        """
        await self._drain(pieces)
        if self._expected not in {None, self._size}:
            raise SizeMismatch(
                f"{self._expected} bytes were announced, and {self._size} were sent."
            )
        seen = await asyncio.get_running_loop().run_in_executor(self._threads, self._end)
        content = Content(
            size=self._size,
            md5=self._md5.hexdigest(),
            sha512=self._sha512.hexdigest(),
            virtual_size=None,
        )
        return Staged(content=content, seen=seen)

    async def _drain(self, pieces: AsyncIterator[bytes]) -> None:
        batch: list[bytes] = []
        gathered = 0
        working: asyncio.Task[None] | None = None
        try:
            async for piece in pieces:
                batch.append(piece)
                gathered += len(piece)
                if gathered < BATCH:
                    continue
                if working is not None:
                    await working
                self._count(gathered)
                working = asyncio.create_task(self._work_on(batch))
                batch, gathered = [], 0
        finally:  # whatever happens, no thread is left at work on a file that is given up
            if working is not None:
                await asyncio.wait([working])
            if self._syncing is not None:
                await asyncio.wait([self._syncing])
        if working is not None:
            await working
        if self._syncing is not None:
            await self._syncing
        self._count(gathered)
        await self._work(batch)

    async def _work_on(self, batch: Sequence[bytes]) -> None:
        await self._work(batch)
        self._bring_out()

    def _count(self, size: int) -> None:
        self._size += size
        self._limits.check_size(self._size, self._room)

    async def _work(self, batch: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        works: tuple[Work, ...] = (self._write, self._hash_md5, self._hash_sha512)
        under_way = [loop.run_in_executor(self._threads, work, batch) for work in works]
        await asyncio.wait(under_way)
        for each in under_way:
            each.result()

    def _bring_out(self) -> None:
        """Begin to bring a stretch onto the disk, unless the one before is still on its way.

        Raises:
            StorageFull: there was no room for that one.
        """
        if self._size - self._synced < STRETCH:
            return
        if self._syncing is not None:
            if not self._syncing.done():
                return
            self._syncing.result()
        self._synced = self._size
        loop = asyncio.get_running_loop()
        self._syncing = loop.run_in_executor(self._threads, self._sync)

    def _sync(self) -> None:
        with _room_on_disk():
            self._part.sync()

    def _hash_md5(self, batch: Sequence[bytes]) -> None:
        for piece in batch:
            self._md5.update(piece)

    def _hash_sha512(self, batch: Sequence[bytes]) -> None:
        for piece in batch:
            self._sha512.update(piece)

    def _write(self, batch: Sequence[bytes]) -> None:
        seen = self._inspection.look(batch)
        if seen is not None:  # no need to take gigabytes that will be refused
            self._judge(seen)
        with _room_on_disk():
            self._part.write(batch)

    def _end(self) -> Seen:
        seen = self._inspection.finish()
        self._judge(seen)
        with _room_on_disk():
            self._part.keep()
        return seen

    def _judge(self, seen: Seen) -> None:
        self._check(self._image, seen, self._limits)


def pass_anything(_image: Image, _seen: Seen, _limits: Limits) -> None:
    """Let bytes pass that are nobody's yet."""


def pass_harmless(image: Image, seen: Seen, limits: Limits) -> None:
    """Let bytes pass as the image's unless they do harm.

    Raises:
        ContentMismatch: they are of another format.
        ContentUnsafe: a node must not open them.
    """
    _judge(image, seen, limits, strict=limits.strict_formats)


def pass_matching(image: Image, seen: Seen, limits: Limits) -> None:
    """Let bytes pass as the image's if that is what they are.

    Raises:
        ContentMismatch: they are not of its format.
        ContentUnsafe: a node must not open them.
    """
    _judge(image, seen, limits, strict=True)


def _judge(image: Image, seen: Seen, limits: Limits, *, strict: bool) -> None:
    formats = (str(image.disk_format), str(image.container_format))
    judge(*formats, seen, limits.virtual_size, strict=strict)


def content_of(image: Image, received: Staged) -> Content:
    """Return the bytes as the image has them, with the size of the disk inside."""
    plain = image.disk_format in PLAIN
    virtual_size = received.content.size if plain else received.seen.virtual_size
    return replace(received.content, virtual_size=virtual_size)


@contextmanager
def _room_on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        if trouble.errno not in NO_ROOM:
            raise
        raise StorageFull("Image storage media is full.") from trouble
