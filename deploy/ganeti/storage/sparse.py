"""Copies of volumes: shared blocks where the file system can, else only what is not a hole."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

FICLONE = 0x40049409  # _IOW(0x94, 9, int), linux/fs.h
BLOCK = 4 << 20
CANNOT_SHARE = {errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EXDEV, errno.ENOSYS}
Tell = Callable[[int], None]


def make(path: Path, size: int) -> None:
    """A file of zeros of this size that takes no room, whatever was there."""
    with path.open("wb") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def share(source: Path, target: Path) -> bool:
    """Make target a copy in one instant, if the file system can; says whether it did."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new, FICLONE, old.fileno())
        except OSError as trouble:
            if trouble.errno not in CANNOT_SHARE:
                raise
            return False
        os.fsync(new.fileno())
        return True


def copy(source: Path, target: Path, tell: Tell = lambda _done: None) -> None:
    """Make target hold what source holds, holes and all.

    Args:
        source: a file that may have holes.
        target: made anew.
        tell: hears how many bytes are behind us; may raise to end it.
    """
    if share(source, target):
        return
    with source.open("rb", buffering=0) as old, target.open("wb", buffering=0) as new:
        new.truncate(os.fstat(old.fileno()).st_size)
        for start, end in data(old.fileno()):
            _copy_range(old.fileno(), new.fileno(), start, end, tell)
        os.fsync(new.fileno())


def data(descriptor: int) -> Iterator[tuple[int, int]]:
    """Where data begins and ends, hole by hole."""
    end = 0
    while True:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as trouble:
            if trouble.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end


def _copy_range(old: int, new: int, start: int, end: int, tell: Tell) -> None:
    while start < end:
        block = os.pread(old, min(BLOCK, end - start), start)
        if not block:
            return
        put(new, start, block)
        start += len(block)
        tell(start)


def put(descriptor: int, offset: int, block: bytes) -> None:
    """Write a whole block at its place."""
    view = memoryview(block)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
