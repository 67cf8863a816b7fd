"""Writes the drive that cloud-init reads: the files of a seed, as ISO 9660 on a disk of its own.

Run as ``seed.py`` with OSP_SEED_DISK, and OSP_SEED (JSON) or OSP_SEED_URL (answers it) in the
environment. What is inside belongs to the guest and may be a password: nothing of it is ever
printed, and it touches no file system but one in memory.
"""

import base64
import binascii
import http.client
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LABEL = re.compile(r"[A-Za-z0-9_-]{1,32}")
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}){0,7}")
LARGEST = 8 << 20  # bytes of JSON
FILES = 256
SILENCE = 60.0  # seconds the other side may say nothing
PROGRAMS = ("genisoimage", "xorrisofs", "mkisofs")
SECTOR = 2048
MEMORY = (Path("/dev/shm"), Path("/run"))  # noqa: S108  # each file there is the only one's


class NotSeeded(Exception):
    """The drive is not written; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A drive to be: its label, and what each path on it holds."""

    label: str
    files: Mapping[str, bytes]


def parsed(text: bytes) -> Seed:
    """The seed in its JSON.

    Raises:
        NotSeeded: it is not one; no word of it is repeated.
    """
    try:
        said = json.loads(text)
        label, files = said["label"], dict(said["files"])
        content = {path: base64.b64decode(file, validate=True) for path, file in files.items()}
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error):
        raise NotSeeded("the seed is not the JSON of one.") from None
    if not isinstance(label, str) or not LABEL.fullmatch(label):
        raise NotSeeded("the seed's label is not one for a drive.")
    if not content or len(content) > FILES or not all(map(PATH.fullmatch, content)):
        raise NotSeeded("the seed's files have names that cannot be on a drive.")
    return Seed(label=label, files=content)


def seed_of(env: Mapping[str, str]) -> Seed:
    """The seed that the parameters give or lead to.

    Raises:
        NotSeeded: it cannot be had.
    """
    if env.get("OSP_SEED"):
        return parsed(env["OSP_SEED"].encode())
    return parsed(fetched(env["OSP_SEED_URL"]))


def fetched(url: str) -> bytes:
    """What the signed URL answers; no redirects, no proxies.

    Raises:
        NotSeeded: it answers nothing usable; the URL is not repeated.
    """
    target = urlsplit(url)
    try:
        kind = (
            http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(target.hostname or "", target.port, timeout=SILENCE)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read(LARGEST + 1)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        said = getattr(trouble, "strerror", None) or type(trouble).__name__
        raise NotSeeded(f"the seed cannot be fetched: {said}.") from None
    if answer.status != 200:
        raise NotSeeded(f"the seed is not given out (HTTP {answer.status}).")
    if len(text) > LARGEST:
        raise NotSeeded("the seed is too large.")
    return text


def drive_of(env: Mapping[str, str]) -> Path:
    """The disk whose name is in seed_disk.

    Raises:
        NotSeeded: there is none, or it has no path on this node.
    """
    for number in range(int(env.get("DISK_COUNT", "0"))):
        if env.get(f"DISK_{number}_NAME") == env["OSP_SEED_DISK"]:
            path = env.get(f"DISK_{number}_PATH")
            if not path:
                raise NotSeeded("the seed's disk has no path on this node (userspace access).")
            return Path(path)
    raise NotSeeded("the instance has no disk with the name in seed_disk.")


def write(seed: Seed, drive: Path) -> None:
    """Put the files on the drive, and nothing else.

    Raises:
        NotSeeded: they do not fit, or no program makes the file system.
    """
    memory = next((str(folder) for folder in MEMORY if os.access(folder, os.W_OK)), None)
    with tempfile.TemporaryDirectory(prefix="cyclades-seed-", dir=memory) as folder:
        top = Path(folder) / "files"
        for path, content in seed.files.items():
            file = top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        image = Path(folder) / "image"
        make_image(seed.label, top, image)
        put(image.read_bytes(), drive)


def make_image(label: str, top: Path, image: Path) -> None:
    """An ISO 9660 image with Joliet and Rock Ridge names.

    Raises:
        NotSeeded: nothing here makes it.
    """
    program = next((name for name in PROGRAMS if shutil.which(name)), None)
    if program is None:
        return make_image_in_python(label, top, image)
    command = [program, "-quiet", "-o", str(image), "-V", label, "-J", "-r", str(top)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise NotSeeded(f"{program} gave up (exit code {done.returncode}).")
    return None


def make_image_in_python(label: str, top: Path, image: Path) -> None:
    """The same, by the library pycdlib (Debian: python3-pycdlib).

    Raises:
        NotSeeded: it is not there either.
    """
    if importlib.util.find_spec("pycdlib") is None:
        raise NotSeeded("none of " + ", ".join((*PROGRAMS, "pycdlib")) + " is installed here.")
    iso: Any = importlib.import_module("pycdlib").PyCdlib()
    iso.new(vol_ident=label, joliet=3, rock_ridge="1.09")
    short = {top: ""}  # ISO 9660's own names are numbers: eight letters hold no others safely
    for number, path in enumerate(sorted(top.rglob("*"))):
        here, joliet = f"{short[path.parent]}/N{number:07}", f"/{path.relative_to(top)}"
        if path.is_dir():
            short[path] = here
            iso.add_directory(here, joliet_path=joliet, rr_name=path.name)
        else:
            iso.add_file(str(path), f"{here}.;1", joliet_path=joliet, rr_name=path.name)
    iso.write(str(image))
    iso.close()


def put(content: bytes, drive: Path) -> None:
    """Write the image at the drive's start and zeros over what an older one left behind it.

    Raises:
        NotSeeded: it does not fit.
    """
    with drive.open("r+b") as file:
        room = file.seek(0, os.SEEK_END)
        if len(content) > room:
            raise NotSeeded(f"the seed fills {len(content)} bytes, but its disk has only {room}.")
        left = min(room, older_size(file))
        file.seek(0)
        file.write(content)
        if left > len(content):
            file.write(b"\0" * (left - len(content)))
        file.flush()
        os.fsync(file.fileno())


def older_size(file: Any) -> int:
    """How many bytes the ISO 9660 file system on the drive has; 0 when there is none."""
    file.seek(16 * SECTOR)
    header = file.read(SECTOR)
    if header[1:6] != b"CD001":
        return 0
    return int.from_bytes(header[80:84], "little") * SECTOR


def main() -> int:
    """Exit 0 with the drive written, 1 with a sentence."""
    env = os.environ
    try:
        drive = drive_of(env)
        write(seed_of(env), drive)
    except NotSeeded as why:
        sys.stderr.write(f"cyclades: {why}\n")
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
