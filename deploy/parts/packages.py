"""Gets a program that only the operating system's packages have."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.parts.children import PartFailed
from deploy.parts.progress import step

POLICY: Final = Path("/usr/sbin/policy-rc.d")


def installed_program(
    program: str, folders: Sequence[str] = (), *, package: str | None = None
) -> Path:
    """Find a program, and install its package first when it is missing and we may.

    Raises:
        PartFailed: it is not there; the message says what to install.
    """
    package = package or program
    found = _find(program, folders)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        with step(f"installing the package {package}"):
            _install(package)
        found = _find(program, folders)
    if not found:
        raise PartFailed(
            f"{program} is not installed: install the package {package} of your system "
            f"(Debian: apt-get install {package}), or run this as root on Debian."
        )
    return found


def _find(program: str, folders: Sequence[str]) -> Path | None:
    found = shutil.which(program, path=os.pathsep.join(folders) or None)
    return Path(found) if found else None


def _install(package: str) -> None:
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    with _alone(), _no_service_started():
        if _apt(install).returncode:
            _apt(["apt-get", "update", "-q"])
            ran = _apt(install)
            if ran.returncode:
                raise PartFailed(f"{package} could not be installed:\n{ran.stdout[-2000:]}")


def _apt(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for another process that is installing; apt would give up at once."""
    with (Path(tempfile.gettempdir()) / "cyclades-packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _no_service_started() -> Iterator[None]:
    """Keep apt from starting what it installs; a policy that is already there is left alone."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()
