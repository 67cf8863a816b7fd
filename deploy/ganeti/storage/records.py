"""What is known about each thing: a JSON file, replaced as a whole, under a lock of its own.

Several nodes share the folder: locks are flock's, and what has a name is whole.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def read(path: Path) -> Record | None:
    """What was written last, or None when there is nothing."""
    try:
        record: Record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return record


def write(path: Path, record: Record) -> None:
    """Replace the record, for good once this returns."""
    new = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    with new.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock with this name, waiting for it; its file goes when nobody holds it."""
    descriptor = None
    while descriptor is None:
        descriptor = _held(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        release(path, descriptor)


def try_lock(path: Path) -> int | None:
    """The descriptor of the lock, to be given to ``release``; None when another holds it."""
    return _held(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock, on any node."""
    if not path.exists():
        return False
    descriptor = try_lock(path)
    if descriptor is not None:
        release(path, descriptor)
    return descriptor is None


def release(path: Path, descriptor: int) -> None:
    """Let the lock go, and its file with it."""
    with suppress(FileNotFoundError):
        path.unlink()
    os.close(descriptor)


def _held(path: Path, kind: int) -> int | None:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink:  # one whose file has gone locks nothing
            return descriptor
        os.close(descriptor)
