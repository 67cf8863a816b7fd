"""Gives PostgreSQL, which refuses to run as root, a user and a place that user can reach."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.parts.children import User
from deploy.parts.progress import say

NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a program of an unprivileged user lives: its own files, and the user."""

    data: Path
    programs: Path
    user: User | None  # None: we are unprivileged ourselves


def place_for(data: Path, programs: Path) -> Place:
    """Find where the data may lie and the programs may be run from.

    As root, the data belongs to `nobody`. Where `nobody` cannot get through the folders above,
    the data (or a copy of the programs) goes to a folder in /var/tmp named after the path.
    """
    if os.geteuid() != 0:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Place(data=data, programs=programs, user=None)
    user = User.named(NOBODY)
    data = _reachable_data(data, user)
    return Place(data=data, programs=_reachable_programs(programs, user), user=user)


def substitute_for(path: Path) -> Path:
    """Name the folder that stands in for one which an unprivileged user cannot reach."""
    key = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    return Path("/var/tmp") / f"cyclades-{key}"  # noqa: S108 - made private before it is used


def _reachable_data(data: Path, user: User) -> Path:
    if not data.exists():
        data.mkdir(parents=True, mode=0o700)
    os.chown(data, user.uid, user.gid)
    data.chmod(0o700)
    if _can(user, "-w", data):
        return data
    data.rmdir()
    other = substitute_for(data)
    _own_folder(other)
    inner = other / "data"
    inner.mkdir(exist_ok=True, mode=0o700)
    os.chown(inner, user.uid, user.gid)
    say(f"{data} cannot be reached by the user {NOBODY}: the data is in {inner} instead")
    return inner


def _reachable_programs(programs: Path, user: User) -> Path:
    if _can(user, "-x", programs / "bin" / "postgres"):
        return programs
    copy = substitute_for(programs)
    _own_folder(copy)
    if not (copy / "whole").exists():
        shutil.copytree(programs, copy / "programs", symlinks=True, dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", copy / "programs"], check=True)
        (copy / "whole").touch()
    return copy / "programs"


def _own_folder(folder: Path) -> None:
    """Make a folder in a place open to all, and refuse one that somebody else made."""
    folder.mkdir(exist_ok=True, mode=0o755)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else: remove it")


def _can(user: User, test: str, path: Path) -> bool:
    asked = subprocess.run(
        ["test", test, path], user=user.uid, group=user.gid, extra_groups=[], check=False, cwd="/"
    )
    return asked.returncode == 0
