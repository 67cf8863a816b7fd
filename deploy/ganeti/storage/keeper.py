"""The agent's API as plain calls: what each of them has, and when it refuses."""

import shutil
import time
from typing import Any

from deploy.ganeti.os.cyclades.upload import Target, complaint
from deploy.ganeti.storage.contents import Contents, Source
from deploy.ganeti.storage.directory import MIB, Directory
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import Unusable
from deploy.ganeti.storage.shelf import Shelf
from deploy.ganeti.storage.workers import Workers

UPLOADS_KEPT = 86400.0  # seconds that the outcome of an upload is remembered


class Keeper:
    """Volumes, snapshots and uploads of one directory; every call may be repeated."""

    def __init__(self, directory: Directory, workers: Workers, contents: Contents) -> None:
        self._directory = directory
        self._workers = workers
        self._contents = contents

    def have_volume(self, name: str, size: int, source: Source) -> Record:
        """Have a volume of so many MiB, holding the source.

        Raises:
            Refused: the source cannot be had, or too much is going on.
        """
        shelf = self._directory.volumes
        if (known := self._settled(shelf, name)) is not None:
            return known
        if source["kind"] == "nothing":
            with shelf.guard(name):
                return shelf.read(name) or self._directory.make_volume(name, size)
        self._contents.check(source, size)
        facts = {"id": name, "size": size, "disks": [], "source": shown(source)}
        return self._workers.accept(
            shelf,
            name,
            size * MIB,
            lambda now: facts if now is None else now if _working(now) else None,
            lambda part, tell: self._contents.fill(source, part, size * MIB, tell),
        )

    def fill_volume(self, name: str, attempt: str, source: Source) -> Record:
        """Have a volume that is mapped nowhere hold the source from now on.

        Raises:
            Refused: the volume is mapped or being worked on, or the source cannot be had.
        """
        shelf = self._directory.volumes
        record = shelf.need(name)
        if record.get("attempt") == attempt and not self._lost(shelf, name, record):
            return record
        self._contents.check(source, record["size"])

        def begin(now: Record | None) -> Record | None:
            if now is None:
                return None
            if now.get("attempt") == attempt and not _working(now):
                return None
            self._directory.must_be_unmapped(now)
            return now | {"attempt": attempt, "source": shown(source)}

        return self._workers.accept(
            shelf,
            name,
            record["size"] * MIB,
            begin,
            lambda part, tell: self._contents.fill(source, part, record["size"] * MIB, tell),
        )

    def have_snapshot(self, name: str, volume: str) -> Record:
        """Have a snapshot of what the volume holds now.

        Raises:
            Refused: there is no such volume, or it is not ready.
        """
        shelf = self._directory.snapshots
        if (known := self._settled(shelf, name)) is not None:
            return known
        size = self._directory.volumes.need(volume)["size"]
        self._contents.check({"kind": "volume", "id": volume}, size)
        facts = {"id": name, "volume": volume, "size": size}
        return self._workers.accept(
            shelf,
            name,
            size * MIB,
            lambda now: facts if now is None or _working(now) else None,
            lambda part, tell: self._directory.copy_of_volume(volume, part, tell),
        )

    def drop_snapshot(self, name: str) -> None:
        """Have no such snapshot.

        Raises:
            NotThere: there was none.
        """
        shelf = self._directory.snapshots
        with shelf.guard(name):
            shelf.need(name)
            shelf.drop(name)

    def upload(self, name: str, kind: str, of: str, target: Target) -> Record:
        """Have a volume or snapshot sent away, once under this name.

        Raises:
            Refused: it is not there, or too much is going on.
        """
        shelf = self._directory.uploads
        if (known := self._settled(shelf, name)) is not None:
            return known
        if wrong := complaint(target.url, target.format):
            raise Unusable(wrong)
        from_shelf = self._directory.volumes if kind == "volume" else self._directory.snapshots
        size = from_shelf.need(of)["size"]
        self._contents.check({"kind": kind, "id": of}, size)
        self._forget_uploads()
        facts = {"id": name, "kind": kind, "of": of, "sent": 0, "at": time.time()}
        return self._workers.accept(
            shelf,
            name,
            size * MIB,
            lambda now: facts if now is None or _working(now) else None,
            lambda _part, tell: self._contents.send(kind, of, target, tell),
        )

    def _forget_uploads(self) -> None:
        shelf = self._directory.uploads
        for name in shelf.names():
            with shelf.guard(name):
                record = shelf.read(name)
                if record and time.time() - record["at"] > UPLOADS_KEPT and not _working(record):
                    shelf.drop(name)
        for folder in (self._directory.root / "uploads").glob("cyclades-*/"):
            if time.time() - folder.stat().st_mtime > UPLOADS_KEPT:
                shutil.rmtree(folder, ignore_errors=True)

    def _settled(self, shelf: Shelf, name: str) -> Record | None:
        """What is known of it, unless it has to be worked on from now on."""
        record = shelf.read(name)
        return None if record is None or self._lost(shelf, name, record) else record

    def _lost(self, shelf: Shelf, name: str, record: Record) -> bool:
        """Whether its worker died."""
        return _working(record) and not shelf.is_worked_on(name)


def _working(record: Record) -> bool:
    return bool(record["status"] == "working")


def shown(source: Source) -> dict[str, Any]:
    """A source as it may be kept: without its address."""
    return {key: value for key, value in source.items() if key != "url"}
