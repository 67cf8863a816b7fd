"""What volumes are filled with: nothing, a volume, a snapshot, an image."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.ganeti.os.cyclades.download import NotDownloaded, Promise, download
from deploy.ganeti.os.cyclades.upload import NotSent, Target, send
from deploy.ganeti.os.cyclades.with_image import Cache, NotHeld
from deploy.ganeti.os.cyclades.write import Marks, NotWritten, convert, virtual_size
from deploy.ganeti.storage import sparse
from deploy.ganeti.storage.directory import MIB, Directory
from deploy.ganeti.storage.refusals import NotThere, Refused, Unusable
from deploy.ganeti.storage.sparse import Tell

Source = Mapping[str, Any]  # as in the request: kind and what belongs to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Where content comes from and goes to, for one directory."""

    directory: Directory
    cache_bytes: int = 20 << 30  # for images; 0 keeps none

    def check(self, source: Source, room: int) -> None:
        """Refuse at once what cannot become a volume with so many MiB of room.

        Raises:
            NotThere: the source does not exist.
            Refused: it is not ready.
            Unusable: it is larger than the room.
        """
        if source["kind"] not in {"volume", "snapshot"}:
            return
        record = self._shelf(source["kind"]).need(source["id"])
        if record["status"] == "working":
            raise Refused(f"the {source['kind']} is not ready.")
        if record["size"] > room:
            raise Unusable(f"the {source['kind']} has {record['size']} MiB: more than wanted.")

    def fill(self, source: Source, part: Path, room: int, tell: Tell) -> None:
        """Make the file hold the source's content, with so many bytes of room.

        Raises:
            Refused: the source is not what it was said to be.
        """
        if source["kind"] == "nothing":
            sparse.make(part, room)
            return
        if source["kind"] == "image":
            self._image(source, part, room, tell)
        else:
            self._stored(source["kind"], source["id"], part, tell)
        with part.open("r+b") as file:
            if file.seek(0, os.SEEK_END) > room:
                raise Unusable("the source is larger than wanted.")
            file.truncate(room)
            os.fsync(file.fileno())

    def send(self, kind: str, name: str, target: Target, tell: Tell) -> None:
        """Send a volume or snapshot away.

        Raises:
            Refused: the other side does not take it, or it is not there.
        """
        source = self._shelf(kind).data(name)
        if not source.exists():
            raise NotThere(f"there is no such {kind}.")
        try:
            send(source, target, folder=self.directory.root / "uploads", tell=tell)
        except NotSent as why:
            raise Refused(str(why)) from None

    def _stored(self, kind: str, name: str, part: Path, tell: Tell) -> None:
        if kind == "volume":
            self.directory.copy_of_volume(name, part, tell)
        else:
            self.directory.snapshots.need(name)
            sparse.copy(self.directory.snapshots.data(name), part, tell)

    def _image(self, source: Source, part: Path, room: int, tell: Tell) -> None:
        cache = Cache(folder=self.directory.root / "images", limit=self.cache_bytes)
        promise = Promise(
            url=source["url"],
            size=source["size"],
            sha512=source["sha512"],
            tell=lambda done, _size: tell(done),
        )
        try:
            with cache.holding(
                promise.sha512, promise.size, lambda file, _lock: download(promise, file)
            ) as (image, _):
                unpack(image, part, source["format"], room, tell)
        except (NotDownloaded, NotHeld, NotWritten) as why:
            raise Refused(str(why)) from None

    def _shelf(self, kind: str) -> Any:
        return self.directory.volumes if kind == "volume" else self.directory.snapshots


def unpack(image: Path, part: Path, declared: str, room: int, tell: Tell) -> None:
    """Put the disk inside an image into a file with so many bytes of room.

    Raises:
        NotWritten: it is not what it is declared to be, does not fit, or cannot be converted.
    """
    with image.open("rb") as file:
        size = virtual_size(file.read(512), image.stat().st_size, declared)
    if size > room:
        raise NotWritten(f"the image fills {size} bytes, but there are only {room} for it.")
    if declared == "raw":
        sparse.copy(image, part, tell)
        return
    if not shutil.which("qemu-img"):
        raise NotWritten(f"qemu-img is not installed on this node, and {declared} needs it.")
    sparse.make(part, max(size, MIB))
    convert(image, part, declared, Marks(max(size, 1), tell))
