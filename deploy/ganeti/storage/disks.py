"""Disks of Ganeti's on volumes: what the provider's scripts do, but for the devices.

Ganeti knows a disk by a name of its own (``VOL_NAME``); the record under that name says which
volume is behind it, whether removing the disk keeps the volume, and on which nodes it is a
device. Everything may be repeated.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import Refused

Attach = Callable[[Path, str | None], str]
Detach = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disks:
    """Ganeti's disks in a directory, seen from one node."""

    directory: Directory

    def create(
        self, disk: str, size: int, *, own: str = "", volume: str = "", keep: bool = False
    ) -> Record:
        """Have a disk on an existing volume, or on a new one.

        Args:
            disk: Ganeti's name for it.
            size: MiB, of a new volume.
            own: how a new volume is to be called; the disk's name when that is taken.
            volume: the existing volume.
            keep: whether the volume outlives the disk.

        Raises:
            NotThere: there is no such volume.
            Refused: its content is not ready.
        """
        known = self.directory.disks.read(disk)
        if known is not None:
            return known
        if volume:
            return self._on_existing(disk, volume, keep=keep)
        name = own if own and self.directory.volumes.read(own) is None else disk
        with self.directory.volumes.guard(name):
            if self.directory.volumes.read(name) is None:
                self.directory.make_volume(name, size, disks=[disk])
            return self._write(disk, {"volume": name, "keep": False, "nodes": {}})

    def _on_existing(self, disk: str, name: str, *, keep: bool) -> Record:
        with self.directory.volumes.guard(name):
            volume = self.directory.volumes.need(name)
            if volume["status"] == "working" or not self.directory.volumes.data(name).exists():
                raise Refused("the volume is not ready.")
            if disk not in volume["disks"]:
                volume["disks"].append(disk)
                self.directory.volumes.write(name, volume)
            return self._write(disk, {"volume": name, "keep": keep, "nodes": {}})

    def snapshot(self, disk: str, snapshot: str) -> None:
        """Have a disk that holds what another holds now, for Ganeti's export."""
        source = self.directory.disks.need(disk)["volume"]
        size = self.directory.volumes.need(source)["size"]
        with self.directory.volumes.guard(snapshot):
            part = self.directory.volumes.part(snapshot, "export")
            try:
                self.directory.copy_of_volume(source, part, lambda _done: None)
                part.rename(self.directory.volumes.data(snapshot))
            finally:
                part.unlink(missing_ok=True)
            ready = {"id": snapshot, "size": size, "status": "ready", "disks": [snapshot]}
            self.directory.volumes.write(snapshot, ready)
            self._write(snapshot, {"volume": snapshot, "keep": False, "nodes": {}})

    def map(self, disk: str, attach: Attach) -> str:
        """Have the disk as a device of this node, and note which.

        Args:
            disk: Ganeti's name for it.
            attach: given the volume's file and the device noted before, if any, gives the one
                that it is now.

        Raises:
            NotThere: there is no such disk.
            Refused: its volume is being written.
        """
        with self._held(disk) as record:
            name = record["volume"]
            if self.directory.volumes.need(name)["status"] == "working":
                raise Refused("the volume is being written.")
            here = record["nodes"].setdefault(self.directory.node, {"device": "", "open": ""})
            device = attach(self.directory.volumes.data(name), here["device"] or None)
            if here["device"] != device:
                here["device"] = device
                self._write(disk, record)
            return device

    def device(self, disk: str) -> str | None:
        """The device that is noted on this node, if any.

        Raises:
            NotThere: there is no such disk.
        """
        here = self.directory.disks.need(disk)["nodes"].get(self.directory.node)
        return (here and here["device"]) or None

    def unmap(self, disk: str, detach: Detach) -> None:
        """Have the disk be no device of this node; a disk that is unknown is none.

        Args:
            disk: Ganeti's name for it.
            detach: given the volume's file and the noted device, frees it.
        """
        if self.directory.disks.read(disk) is None:
            return
        with self._held(disk) as record:
            here = record["nodes"].pop(self.directory.node, None)
            if here is None:
                return
            if here["device"]:
                detach(self.directory.volumes.data(record["volume"]), here["device"])
            self._write(disk, record)

    def open(self, disk: str, *, exclusive: bool) -> None:
        """Let this node write; nobody else who lives may, unless all do so shared.

        Raises:
            Refused: a living node has it open.
        """
        with self._held(disk) as record:
            for other, node, mode in self._openings(record["volume"]):
                if (other, node) == (disk, self.directory.node):
                    continue
                if (exclusive or mode == "exclusive") and self.directory.lives(node):
                    raise Refused(f"node {node} has the volume open ({mode}, disk {other}).")
            here = record["nodes"].setdefault(self.directory.node, {"device": "", "open": ""})
            here["open"] = "exclusive" if exclusive else "shared"
            self._write(disk, record)

    def close(self, disk: str) -> None:
        """Note that this node writes no more."""
        with self._held(disk) as record:
            here = record["nodes"].get(self.directory.node)
            if here and here["open"]:
                here["open"] = ""
                self._write(disk, record)

    def grow(self, disk: str, size: int) -> None:
        """Have its volume that large, in MiB."""
        volume = self.directory.disks.need(disk)["volume"]
        if self.directory.volumes.need(volume)["size"] < size:
            self.directory.grow_volume(volume, size)

    def note(self, disk: str, text: str) -> None:
        """Keep what Ganeti says of the disk, for administrators."""
        with self._held(disk) as record:
            record["info"] = text
            self._write(disk, record)

    def remove(self, disk: str) -> None:
        """Have no such disk, nor its volume unless that is to be kept.

        Whatever other nodes noted of it goes with it: Ganeti has decided.
        """
        record = self.directory.disks.read(disk)
        if record is None:
            return
        name = record["volume"]
        with self.directory.volumes.guard(name):
            volume = self.directory.volumes.read(name)
            if volume is not None:
                volume["disks"] = [other for other in volume["disks"] if other != disk]
                if record["keep"] or volume["disks"]:
                    self.directory.volumes.write(name, volume)
                else:
                    self.directory.volumes.drop(name)
            self.directory.disks.drop(disk)

    def forget_node(self, node: str) -> list[str]:
        """Drop what a node that is known to be dead has noted; gives the disks it had."""
        had = []
        for disk in self.directory.disks.names():
            with self._held(disk) as record:
                if record["nodes"].pop(node, None) is not None:
                    self._write(disk, record)
                    had.append(disk)
        return had

    def forget_lost(self, is_there: Callable[[Path, str], bool]) -> list[str]:
        """Drop this node's devices that went without a word, as at a reboot; gives their disks."""
        lost = []
        for disk in self.directory.disks.names():
            with self._held(disk) as record:
                here = record["nodes"].get(self.directory.node)
                file = self.directory.volumes.data(record["volume"])
                if (
                    here
                    and here["device"].startswith("/dev/")
                    and not is_there(file, here["device"])
                ):
                    del record["nodes"][self.directory.node]
                    self._write(disk, record)
                    lost.append(disk)
        return lost

    def _openings(self, volume: str) -> list[tuple[str, str, str]]:
        """Disk, node and mode of everyone who has the volume open."""
        names = (self.directory.volumes.read(volume) or {"disks": []})["disks"]
        disks = ((name, self.directory.disks.read(name) or {"nodes": {}}) for name in names)
        return [
            (name, node, mapping["open"])
            for name, disk in disks
            for node, mapping in disk["nodes"].items()
            if mapping["open"]
        ]

    def _write(self, disk: str, record: Record) -> Record:
        self.directory.disks.write(disk, record)
        return record

    @contextmanager
    def _held(self, disk: str) -> Iterator[Record]:
        """The disk's record, with its volume's guard held."""
        with self.directory.volumes.guard(self.directory.disks.need(disk)["volume"]):
            yield self.directory.disks.need(disk)
