"""Runs a command while an image is held in this node's cache, and puts it there first.

``with_image.py COMMAND...`` runs the command with CYCLADES_IMAGE naming the file. Many instances
of one image start at once: one of them downloads, the others wait, then all of them read. Each
image has a lock file (shared: in use; exclusive: being filled or thrown out); the programs
started here inherit the lock, so it lives exactly as long as somebody works with the image.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[0-9a-f]{128}")
ROUNDS = 5  # how often an image may be thrown out between filling and using it
Fill = Callable[[Path, int], None]


class NotHeld(Exception):
    """The image could not be brought into the cache; the text says why, if nobody has yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A folder of images, each named by its sha512, and the bytes they may take together."""

    folder: Path
    limit: int

    @contextmanager
    def holding(self, name: str, size: int, fill: Fill) -> Iterator[tuple[Path, int]]:
        """The image's file and the descriptor of the lock that keeps it there.

        Raises:
            NotHeld: it is not there and cannot be brought there.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        image = self.folder / name
        for _ in range(ROUNDS):
            with self._locked(name, fcntl.LOCK_SH) as lock:
                if image.exists():
                    must_have_size(image, size)
                    os.utime(image)
                    yield image, lock
                    break
            with self._locked(name, fcntl.LOCK_EX) as lock:
                if not image.exists():
                    self._bring(image, size, lock, fill)
        else:
            raise NotHeld("the image is thrown out of the cache faster than it can be used.")
        self.trim(0)

    def _bring(self, image: Path, size: int, lock: int, fill: Fill) -> None:
        part = image.with_name(image.name + ".part")
        missing = size - (part.stat().st_size if part.exists() else 0)
        self.trim(missing, spare=image.name)
        if shutil.disk_usage(self.folder).free < missing:
            raise NotHeld(f"the image cache {self.folder} has no room for {size} bytes.")
        fill(part, lock)
        part.rename(image)

    def trim(self, coming: int, spare: str = "") -> None:
        """Throw out what was used longest ago until the coming bytes fit, but nothing in use."""
        files = sorted(
            (file for file in self.folder.iterdir() if NAME.fullmatch(file.name[:128])),
            key=lambda file: file.stat().st_mtime,
        )
        taken = sum(file.stat().st_blocks * 512 for file in files)
        excess = max(taken + coming - self.limit, coming - shutil.disk_usage(self.folder).free)
        for name in dict.fromkeys(file.name[:128] for file in files):
            if excess <= 0:
                return
            if name != spare:
                excess -= self._throw_out(name)

    def _throw_out(self, name: str) -> int:
        freed = 0
        try:
            with self._locked(name, fcntl.LOCK_EX | fcntl.LOCK_NB):
                for suffix in ("", ".part", ".lock"):
                    file = self.folder / (name + suffix)
                    freed += space(file)
                    file.unlink(missing_ok=True)
        except BlockingIOError:
            return 0
        return freed

    @contextmanager
    def _locked(self, name: str, kind: int) -> Iterator[int]:
        """Hold the image's lock; one whose file was thrown out meanwhile locks nothing."""
        path = self.folder / f"{name}.lock"
        while True:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, kind)
                if os.fstat(lock).st_nlink:
                    yield lock
                    return
            finally:
                os.close(lock)


def space(file: Path) -> int:
    """The bytes a file takes on its file system; one that just went takes none."""
    try:
        return file.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def must_have_size(image: Path, size: int) -> None:
    """Refuse an image of another size: checksum and size cannot both be right.

    Raises:
        NotHeld: the sizes differ.
    """
    if image.stat().st_size != size:
        raise NotHeld("image_size is not the size of the image with this checksum.")


def run_download(part: Path, lock: int) -> None:
    """Let the neighbour program fetch the image; it says itself what went wrong.

    Raises:
        CalledProcessError: it did not succeed.
    """
    program = Path(__file__).with_name("download.py")
    subprocess.run([sys.executable, "-I", program, part], check=True, pass_fds=[lock])


def main(command: list[str]) -> int:
    """Exit as the command does, or 1 with a sentence when there is no image for it."""
    env = dict(os.environ)
    cache = Cache(
        folder=Path(env["CYCLADES_IMAGE_CACHE"]), limit=int(env["CYCLADES_IMAGE_CACHE_BYTES"])
    )
    name = env["OSP_IMAGE_CHECKSUM"].removeprefix("sha512:")
    try:
        with cache.holding(name, int(env["OSP_IMAGE_SIZE"]), run_download) as (image, lock):
            env.pop("OSP_IMAGE_URL", None)  # the command has no business with it
            env["CYCLADES_IMAGE"] = str(image)
            return subprocess.run(command, env=env, check=False, pass_fds=[lock]).returncode
    except NotHeld as why:
        sys.stderr.write(f"cyclades: {why}\n")
        return 1
    except subprocess.CalledProcessError:
        return 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
