"""Writes CYCLADES_IMAGE onto the first disk of an instance, whatever lies there already.

The format is the declared one and never guessed: a guest owns the first bytes of its image and
could otherwise make qemu-img, which is root here, open files of the node. For the same reason an
image that refers to other files is refused before qemu-img sees it.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

MIB = 1 << 20
ELSEWHERE = {b"QFI\xfb": "qcow2", b"KDMV": "vmdk", b"vhdx": "vhdx", b"QED\0": "qed"}
EXTERNAL_DATA_FILE = 1 << 2
PERCENT = re.compile(rb"\(\s*([0-9.]+)/100%\)")


class NotWritten(Exception):
    """The image is not on the disk; the text says why."""


class Marks:
    """Tells whoever reads the log, or asks, how far we are: at every twentieth of the way."""

    def __init__(self, total: int, tell: Callable[[int], None] | None = None) -> None:
        self.total = total
        self._shown = -1
        self._tell = tell

    def at(self, done: int) -> None:
        """Print the marker, unless this twentieth was shown already."""
        if (step := done * 20 // self.total) > self._shown:
            self._shown = step
            (self._tell or self._print)(done)

    def _print(self, done: int) -> None:
        sys.stdout.write(f"@progress {done}/{self.total}\n")
        sys.stdout.flush()


def virtual_size(header: bytes, stored_size: int, declared: str) -> int:
    """How many bytes of disk the image fills.

    Raises:
        NotWritten: the image is not of the declared format, or refers to other files.
    """
    looks_like = ELSEWHERE.get(header[:4], "raw")
    if looks_like != declared:
        raise NotWritten(f"the image is declared {declared}, but it is {looks_like}.")
    return stored_size if declared == "raw" else qcow2_size(header)


def qcow2_size(header: bytes) -> int:
    """The virtual size in a qcow2 header.

    Raises:
        NotWritten: the header is cut short, or the image does not stand alone.
    """
    if len(header) < 104:
        raise NotWritten("the image has no whole qcow2 header.")
    version, backing = struct.unpack_from(">IQ", header, 4)
    size, encrypted = struct.unpack_from(">QI", header, 24)
    features = struct.unpack_from(">Q", header, 72)[0] if version > 2 else 0
    if backing or features & EXTERNAL_DATA_FILE:
        raise NotWritten("the image refers to another file and does not stand alone.")
    if encrypted:
        raise NotWritten("the image is encrypted.")
    return int(size)


def convert(image: Path, disk: Path, declared: str, marks: "Marks") -> None:
    """Let qemu-img write the image; -n leaves the disk the size it is.

    Raises:
        NotWritten: qemu-img did not succeed; it says itself why.
    """
    options = ["-p", "-n", "-t", "writeback", "-f", declared, "-O", "raw"]
    command = ["qemu-img", "convert", *options, str(image), str(disk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for percent in percentages(process.stdout):
            marks.at(int(marks.total * percent / 100))
    if process.returncode:
        raise NotWritten(f"qemu-img gave up (exit code {process.returncode}).")


def percentages(output: IO[bytes] | None) -> Iterator[float]:
    """What the progress line of qemu-img said, each time it was rewritten."""
    while output and (piece := os.read(output.fileno(), 4096)):
        if found := PERCENT.findall(piece):
            yield float(found[-1])


def copy(image: Path, disk: Path, marks: "Marks") -> None:
    """Write a raw image without qemu-img, touching no block that is already right.

    Blocks of zeros are compared before they are written: a fresh disk stays sparse, and an old
    one loses what it held.
    """
    done = 0
    with image.open("rb") as source, disk.open("r+b", buffering=0) as target:
        while block := source.read(MIB):
            if any(block) or target.read(len(block)) != block:
                put(target.fileno(), done, block)
            done += len(block)
            target.seek(done)
            marks.at(done)


def put(descriptor: int, offset: int, block: bytes) -> None:
    """Write a whole block at its place."""
    view = memoryview(block)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def room_on(disk: Path) -> int:
    """The size of a disk, be it a block device or a file."""
    with disk.open("rb") as file:
        return file.seek(0, os.SEEK_END)


def first_disk(env: Mapping[str, str]) -> Path:
    """Where the image goes.

    Raises:
        NotWritten: the instance has no disk that can be opened on this node.
    """
    if env.get("DISK_COUNT", "0") == "0":
        raise NotWritten("the instance has no disk to write the image onto.")
    if not env.get("DISK_0_PATH"):
        raise NotWritten("the first disk has no path on this node (userspace access).")
    return Path(env["DISK_0_PATH"])


def write(image: Path, disk: Path, declared: str) -> None:
    """Put the image on the disk and make sure that it stays there.

    Raises:
        NotWritten: it is another image than declared, does not fit, or cannot be written.
    """
    with image.open("rb") as file:
        size = virtual_size(file.read(512), image.stat().st_size, declared)
    if size > (room := room_on(disk)):
        raise NotWritten(f"the image fills {size} bytes, but the disk has only {room}.")
    marks = Marks(max(size, 1))
    if shutil.which("qemu-img"):
        convert(image, disk, declared, marks)
    elif declared == "raw":
        copy(image, disk, marks)
    else:
        raise NotWritten(f"qemu-img is not installed on this node, and {declared} needs it.")
    with disk.open("r+b") as file:
        os.fsync(file.fileno())


def main() -> int:
    """Exit 0 with the image on the disk, 1 with a sentence."""
    env = os.environ
    try:
        write(Path(env["CYCLADES_IMAGE"]), first_disk(env), env["OSP_IMAGE_FORMAT"])
    except NotWritten as why:
        sys.stderr.write(f"cyclades: {why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
