"""The bytes of images, in a directory that all replicas of the service share.

Every upload has a file of its own, named after the image and the upload: nobody ever writes into
or over a file that somebody may read. Bytes gather in a ``.part`` file, which gets its name when
it is whole and on the disk. Whether a file is anybody's is said by the images' rows alone.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from shared.ids import ImageId

PART: Final = ".part"
SHARDS: Final = 256
MOST_BUFFERS: Final = 512  # in one writev(2); the system's limit is 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file with bytes of an image."""

    path: Path
    image_id: UUID
    upload: UUID
    modified: float  # Unix time


class PartFile:
    """A file whose bytes are arriving; its calls block, so threads make them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(_part(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append the pieces, without joining them first."""
        for at in range(0, len(pieces), MOST_BUFFERS):
            left = [memoryview(piece) for piece in pieces[at : at + MOST_BUFFERS]]
            while left:
                left = _rest(left, os.writev(self._descriptor, left))

    def sync(self) -> None:
        """Have what was written so far on the disk; more may be written meanwhile."""
        os.fdatasync(self._descriptor)

    def keep(self) -> None:
        """Give the file its name, once its bytes are safe on the disk."""
        os.fsync(self._descriptor)
        self.close()
        _part(self._path).rename(self._path)
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Let go of the file; closing it twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Blobs:
    """The directory; its calls block, so threads make them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        """Have the directory."""
        self._root.mkdir(mode=0o750, parents=True, exist_ok=True)

    def path(self, image_id: ImageId, upload: UUID) -> Path:
        """Return where the bytes of that upload are, or will be."""
        return self._shard(image_id.bytes[0]) / f"{image_id}_{upload}"

    def open_part(self, image_id: ImageId, upload: UUID) -> PartFile:
        """Return the file that gathers the upload's bytes."""
        path = self.path(image_id, upload)
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        return PartFile(path)

    def size(self, image_id: ImageId, upload: UUID) -> int | None:
        """Return how many bytes are there; None: there is no such file."""
        try:
            return self.path(image_id, upload).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, image_id: ImageId, upload: UUID) -> None:
        """Have no bytes of that upload, whole or in part."""
        path = self.path(image_id, upload)
        for each in (path, _part(path)):
            each.unlink(missing_ok=True)

    def in_shard(self, number: int) -> Iterator[Blob]:
        """Return the files of one of the ``SHARDS`` parts of the directory."""
        with suppress(FileNotFoundError):
            for entry in os.scandir(self._shard(number)):
                if (blob := _blob(Path(entry.path))) is not None:
                    yield blob

    def _shard(self, number: int) -> Path:
        return self._root / f"{number:02x}"


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)


def _rest(pieces: list[memoryview], written: int) -> list[memoryview]:
    """Return what is left of the pieces after so many of their bytes."""
    for at, piece in enumerate(pieces):
        if written < len(piece):
            return [piece[written:], *pieces[at + 1 :]]
        written -= len(piece)
    return []


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _blob(path: Path) -> Blob | None:
    """Return what the file is, or None: it is not ours."""
    image, _, upload = path.name.removesuffix(PART).partition("_")
    try:
        return Blob(
            path=path,
            image_id=UUID(image),
            upload=UUID(upload),
            modified=path.stat().st_mtime,
        )
    except (ValueError, FileNotFoundError):
        return None
