"""The backend: a folder that every node of a cluster sees at the same path.

``volumes/<id>`` and ``snapshots/<id>`` are sparse raw files, each with a record ``<id>.json``
beside it; ``disks/<name>.json`` says which volume is behind a disk of Ganeti's and where it is
mapped; ``nodes/<node>`` is touched by the agents that live.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from deploy.ganeti.storage import records, sparse
from deploy.ganeti.storage.records import Record
from deploy.ganeti.storage.refusals import NotThere, Refused
from deploy.ganeti.storage.shelf import Shelf

MIB = 1 << 20
FOLDERS = ("volumes", "snapshots", "uploads", "disks", "nodes", "locks", "images")
SILENCE = 30.0  # seconds without a sign after which a node counts as dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The shared folder, as one node sees it.

    Args:
        root: the folder.
        node: this node's name.
        fuzzy: whether a volume in use may be copied block after block, when the file system
            cannot share blocks; such a copy is of no single moment.
    """

    root: Path
    node: str
    fuzzy: bool = False
    volumes: Shelf = field(init=False)
    snapshots: Shelf = field(init=False)
    uploads: Shelf = field(init=False)
    disks: Shelf = field(init=False)

    def __post_init__(self) -> None:
        for kind in ("volumes", "snapshots", "uploads", "disks"):
            shelf = Shelf(root=self.root, kind=kind, one=kind.removesuffix("s"))
            object.__setattr__(self, kind, shelf)

    def prepare(self) -> None:
        """Make the folders, for root only."""
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def pool(self) -> tuple[int, int]:
        """Total and free MiB of the file system."""
        found = os.statvfs(self.root)
        return found.f_blocks * found.f_frsize // MIB, found.f_bavail * found.f_frsize // MIB

    def make_volume(self, name: str, size: int, **more: object) -> Record:
        """Have a volume of zeros, in MiB; its guard is held."""
        sparse.make(self.volumes.data(name), size * MIB)
        record = {"id": name, "size": size, "status": "ready", "disks": [], **more}
        self.volumes.write(name, record)
        return record

    def grow_volume(self, name: str, size: int) -> Record:
        """Have the volume that large, in MiB; one that is mapped here is told.

        Raises:
            Refused: it is larger than that, or has no content yet.
        """
        with self.volumes.guard(name):
            record = self.volumes.need(name)
            if size < record["size"]:
                raise Refused(f"the volume has {record['size']} MiB: it cannot shrink.")
            if record["status"] != "ready":
                raise Refused("the volume is not ready.")
            if size > record["size"]:
                with self.volumes.data(name).open("r+b") as file:
                    file.truncate(size * MIB)
                    os.fsync(file.fileno())
                record["size"] = size
                self.volumes.write(name, record)
            return record

    def drop_volume(self, name: str) -> None:
        """Have no such volume.

        Raises:
            NotThere: there was none.
            Refused: it is mapped on a node.
        """
        with self.volumes.guard(name):
            record = self.volumes.need(name)
            self.must_be_unmapped(record)
            for disk in record["disks"]:
                self.disks.drop(disk)
            self.volumes.drop(name)

    def must_be_unmapped(self, volume: Record) -> None:
        """Refuse when a node has the volume as a device.

        Raises:
            Refused: naming one of these nodes.
        """
        for node in self.nodes_with(volume):
            raise Refused(f"the volume is mapped on node {node}.")

    def nodes_with(self, volume: Record) -> list[str]:
        """The nodes that have the volume as a device."""
        disks = (self.disks.read(disk) or {} for disk in volume["disks"])
        return [node for disk in disks for node in disk.get("nodes", {})]

    def copy_of_volume(self, name: str, target: Path, tell: sparse.Tell) -> None:
        """Make target hold what the volume holds now.

        Raises:
            NotThere: there is no such volume, or it has no content.
            Refused: it is in use, and cannot be copied in one instant.
        """
        record = self.volumes.need(name)
        source = self.volumes.data(name)
        if not source.exists():
            raise NotThere("the volume has no content.")
        if sparse.share(source, target):
            return
        if self.nodes_with(record) and not self.fuzzy:
            raise Refused(
                "the volume is in use, and its file system cannot copy it in one instant."
            )
        sparse.copy(source, target, tell)

    def show_life(self) -> None:
        """Let the other nodes see that this one lives."""
        (self.root / "nodes" / self.node).touch()

    def lives(self, node: str) -> bool:
        """Whether a node has shown itself lately; the file server's clock decides."""
        if node == self.node:
            return True
        now = self.root / "nodes" / f".now-{os.getpid()}-{time.monotonic_ns()}"
        try:
            now.touch()
            shown = (self.root / "nodes" / node).stat().st_mtime
            return now.stat().st_mtime - shown < SILENCE
        except FileNotFoundError:
            return False
        finally:
            now.unlink(missing_ok=True)


def settled(folder: Path, part: Path, whole: Path) -> None:
    """Give finished content its name, for good."""
    part.rename(whole)
    records.settle(folder)
