"""What is behind a disk: a file of the simulator's, or a volume of the real ExtStorage provider.

Disks of the provider `cyclades` are handled by the provider's own code, on a folder that a storage
agent may share. Its calls wait for locks and for the file system: they run in threads.
"""

import asyncio
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final

from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.refusals import Refused
from deploy.simulator.jobs.queue import Fetch
from deploy.simulator.logic.run import Run, failure
from deploy.simulator.model import Disk, Instance
from deploy.simulator.world import World

PROVIDER: Final = "cyclades"
YES: Final = frozenset({"yes", "true", "1"})
Steps = Generator[float | Fetch, None, None]


def prepare(world: World) -> None:
    """Make the provider's folder where the provider is installed."""
    if PROVIDER in world.settings.ext_providers and "ext" in world.settings.disk_templates:
        _seen_from("", world).directory.prepare()


def _seen_from(node: str, world: World) -> Disks:
    return Disks(directory=Directory(root=world.storage, node=node, fuzzy=True))


def is_volume(disk: Disk) -> bool:
    """Whether the provider keeps the disk."""
    return disk.template == "ext" and disk.params.get("provider") == PROVIDER


def path_of(world: World, disk: Disk) -> Path:
    """The file with the disk's bytes; it may not be there yet.

    Raises:
        Refused: the provider does not know the disk.
    """
    if not is_volume(disk):
        return world.disks / f"{disk.uuid}.raw"
    directory = _seen_from("", world).directory
    return directory.volumes.data(directory.disks.need(disk.volume)["volume"])


def _carefully(what: str, work: Callable[[], None]) -> Fetch:
    def guarded() -> None:
        try:
            work()
        except Refused as why:
            raise failure(
                f"{what}: External storage's script failed (exited with exit code 1), "
                f"last lines in the log file:\ncyclades: {why}"
            ) from None

    return Fetch(lambda: asyncio.to_thread(guarded))


def make(run: Run, disk: Disk, instance: str, node: str) -> Steps:
    """Have the disk, on a volume of its own or on the one that its parameters name."""
    if not is_volume(disk):
        return

    def work() -> None:
        _seen_from(node, run.world).create(
            disk.volume,
            disk.size,
            own=disk.name or "",
            volume=str(disk.params.get("volume") or ""),
            keep=str(disk.params.get("keep") or "").lower() in YES,
        )

    what = f"Can't create block device {disk.volume} on node {node} for instance {instance}"
    yield _carefully(what, work)


def drop(run: Run, disks: Sequence[Disk]) -> Steps:
    """Have no such disks; volumes that are kept stay."""
    volumes = [disk.volume for disk in disks if is_volume(disk)]

    def work() -> None:
        for volume in volumes:
            _seen_from("", run.world).remove(volume)

    if volumes:
        yield _carefully("Can't remove block device", work)
    for disk in disks:
        if not is_volume(disk):
            path_of(run.world, disk).unlink(missing_ok=True)


def activate(run: Run, instance: Instance, disks: Sequence[Disk] | None = None) -> Steps:
    """Have the instance's disks (or some of them) as devices of its node, open for writing."""
    chosen = [disk.volume for disk in _these(instance, disks) if is_volume(disk)]
    backend = _seen_from(instance.pnode, run.world)

    def work() -> None:
        for volume in chosen:
            backend.map(volume, lambda file, _known: str(file))
            backend.open(volume, exclusive=True)

    if chosen:
        yield _carefully(f"Can't assemble disks of instance {instance.name}", work)


def deactivate(run: Run, instance: Instance, disks: Sequence[Disk] | None = None) -> Steps:
    """Have none of these disks as devices of the instance's node."""
    chosen = [disk.volume for disk in _these(instance, disks) if is_volume(disk)]
    backend = _seen_from(instance.pnode, run.world)

    def work() -> None:
        for volume in chosen:
            backend.close(volume)
            backend.unmap(volume, lambda _file, _device: None)

    if chosen:
        yield _carefully(f"Can't shut down disks of instance {instance.name}", work)


def _these(instance: Instance, disks: Sequence[Disk] | None) -> Sequence[Disk]:
    return instance.disks if disks is None else disks


def grow(run: Run, disk: Disk, size: int) -> Steps:
    """Have the disk that large, in MiB."""
    if is_volume(disk):
        backend = _seen_from("", run.world)
        yield _carefully("Can't grow block device", lambda: backend.grow(disk.volume, size))
        return
    path = path_of(run.world, disk)
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(size << 20)


def snapshot(run: Run, disk: Disk, name: str) -> Steps:
    """Have a second disk that holds what a volume holds now."""
    backend = _seen_from("", run.world)
    what = f"Could not snapshot disk {disk.volume}"
    yield _carefully(what, lambda: backend.snapshot(disk.volume, name))


def drop_snapshot(run: Run, name: str) -> Steps:
    """Have no such snapshot."""
    backend = _seen_from("", run.world)
    yield _carefully("Could not remove snapshot", lambda: backend.remove(name))


def snapshot_path(world: World, name: str) -> Path:
    """The file with a snapshot's bytes."""
    return _seen_from("", world).directory.volumes.data(name)
