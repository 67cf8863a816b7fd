"""Loop devices: how a file of the directory becomes a block device of a node."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.ganeti.storage.refusals import Refused

BLKFLSBUF = 0x1261  # linux/fs.h
CONTROL = Path("/dev/loop-control")


def attach(file: Path, known: str | None) -> str:
    """The device of a file on this node: the one it has, or a new one.

    Devices read and write past the page cache where the file system can: so a node sees at once
    what another has written.

    Raises:
        Refused: there is no device for it.
    """
    if known and backs(known, file):
        return known
    with _one_at_a_time():
        return _losetup("--direct-io=on", "--find", "--show", str(file)).strip()


def detach(file: Path, device: str) -> None:
    """Write everything back and free the device; one that is something else stays.

    Raises:
        Refused: it cannot be freed.
    """
    if not backs(device, file):
        return
    forget_cache(device)
    _losetup("--detach", device)


def grown(device: str) -> None:
    """Let a device see the new size of its file.

    Raises:
        Refused: it cannot.
    """
    _losetup("--set-capacity", device)


def forget_cache(device: str) -> None:
    """Write back what is cached of a device and read it anew from now on."""
    descriptor = os.open(device, os.O_RDWR)
    try:
        os.fsync(descriptor)
        fcntl.ioctl(descriptor, BLKFLSBUF)
    finally:
        os.close(descriptor)


def backs(device: str, file: Path) -> bool:
    """Whether the device is this very file."""
    said = Path("/sys/class/block") / Path(device).name / "loop/backing_file"
    try:
        behind = Path(said.read_text("utf-8").rstrip("\n"))
        return behind == file or behind.samefile(file)
    except OSError:
        return False


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keep two of us from being shown the same free device."""
    with CONTROL.open("rb") as control:
        fcntl.flock(control, fcntl.LOCK_EX)
        yield


def _losetup(*words: str) -> str:
    done = subprocess.run(["losetup", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip() or "losetup gave up.")
    return done.stdout
