"""Bytes on their way in: to the disk while more arrive, and nothing left at work behind them."""

import errno
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from services.image.domain.image import Image
from services.image.domain.quota import Limits, StorageFull
from services.image.store.blobs import PartFile
from services.image.usecases import receiving
from services.image.usecases.receiving import Receiver, pass_anything
from shared.clock import utcnow
from shared.ids import ImageId, new_uuid

PIECE = b"cyclades" * 1024


class PaperFile:
    """A file that only counts."""

    def __init__(self, trouble: OSError | None = None) -> None:
        self.written = 0
        self.synced: list[int] = []
        self.kept = False
        self._trouble = trouble
        self._one_at_a_time = threading.Lock()

    def write(self, pieces: Sequence[bytes]) -> None:
        self.written += sum(map(len, pieces))

    def sync(self) -> None:
        assert self._one_at_a_time.acquire(blocking=False), "two at once"
        try:
            self.synced.append(self.written)
            if self._trouble is not None:
                raise self._trouble
        finally:
            self._one_at_a_time.release()

    def keep(self) -> None:
        assert not self._one_at_a_time.locked(), "closed under a thread that still writes it out"
        self.kept = True


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stretches and batches that a test has time for."""
    monkeypatch.setattr(receiving, "BATCH", 2 * len(PIECE))
    monkeypatch.setattr(receiving, "STRETCH", 8 * len(PIECE))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for one upload."""
    with ThreadPoolExecutor(4) as made:
        yield made


def receiver(part: PaperFile, threads: ThreadPoolExecutor) -> Receiver:
    now = utcnow()
    fields: dict[str, Any] = {"id": ImageId(new_uuid()), "owner": "d" * 32}
    image = Image(**fields, created_at=now, updated_at=now)
    return Receiver(
        image,
        cast(PartFile, part),
        threads,
        limits=Limits(),
        room=1 << 40,
        expected=None,
        check=pass_anything,
    )


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _each in range(count):
        yield PIECE


async def test_bytes_are_on_the_disk_before_the_last_of_them_come(
    threads: ThreadPoolExecutor,
) -> None:
    part = PaperFile()
    received = await receiver(part, threads).take(pieces(101))
    assert received.content.size == part.written == 101 * len(PIECE)
    assert received.content.sha512 == hashlib.sha512(PIECE * 101).hexdigest()
    assert part.kept
    assert part.synced
    assert part.synced[0] < part.written


async def test_a_disk_that_is_full_under_what_was_written_is_told_of(
    threads: ThreadPoolExecutor,
) -> None:
    part = PaperFile(OSError(errno.ENOSPC, "full"))
    with pytest.raises(StorageFull):
        await receiver(part, threads).take(pieces(101))
    assert not part.kept
