"""Makes the project's Python environments from their lock files.

Runs on the machine's own Python with nothing installed, so it imports only the standard
library. An environment is touched only when its lock, its Python or its place has changed.

    python3 -m deploy.parts.environments cyclades keystone clients
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.parts.progress import say

ROOT: Final = Path(__file__).resolve().parents[2]
LOCKS: Final = ROOT / "deploy" / "locks"
ENVIRONMENTS: Final = ROOT / ".demo" / "env"


class EnvironmentNotMade(Exception):
    """An environment could not be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One virtual environment and the lock it is made from."""

    name: str
    home: Path
    lock: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.home / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Holds the fingerprint of what was last installed."""
        return self.home / ".made-from"

    def fingerprint(self) -> str:
        """Name everything the environment depends on."""
        lock = hashlib.sha256(self.lock.read_bytes()).hexdigest()
        return json.dumps([lock, sys.version, os.path.realpath(sys.executable), str(self.home)])

    def is_current(self) -> bool:
        """Whether nothing needs to be done."""
        try:
            made_from = self.stamp.read_text()
        except FileNotFoundError:
            return False
        return made_from == self.fingerprint() and self.python.exists()

    def packages(self) -> int:
        """Count the packages of the lock."""
        lines = self.lock.read_text().splitlines()
        return sum("==" in line and not line.startswith((" ", "#")) for line in lines)


def environment(name: str) -> Environment:
    """Find an environment by its name; `cyclades` is the project's own `.venv`."""
    if name == "cyclades":
        return Environment(name=name, home=ROOT / ".venv", lock=ROOT / "requirements.lock")
    return Environment(name=name, home=ENVIRONMENTS / name, lock=LOCKS / f"{name}.lock")


def make(names: Sequence[str]) -> None:
    """Bring the named environments up to date, several at a time.

    Raises:
        EnvironmentNotMade: the installer failed; the message ends with its last words.
    """
    wanted = [environment(name) for name in names]
    if all(env.is_current() for env in wanted):
        return
    with _alone():
        stale = [env for env in wanted if not env.is_current()]
        installer = environment("bootstrap")
        if not installer.is_current():
            _install(installer, "preparing the installer", _with_pip)
        with ThreadPoolExecutor(max_workers=len(stale) or 1) as pool:
            list(pool.map(_make_one, stale))


@contextmanager
def _alone() -> Iterator[None]:
    """Let two `make`s started at once install one after the other."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with (ENVIRONMENTS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_one(env: Environment) -> None:
    sentence = f"environment {env.name}: installing {env.packages()} packages"
    try:
        _install(env, sentence, _with_uv)
    except EnvironmentNotMade as failure:
        # Indexes and proxies that only pip is set up for are pip's to use.
        say(f"environment {env.name}: trying once more with pip ({str(failure).splitlines()[-1]})")
        _install(env, sentence, _with_pip)


def _install(env: Environment, sentence: str, how: Callable[[Environment], None]) -> None:
    say(f"{sentence} ...")
    began = time.monotonic()
    env.stamp.unlink(missing_ok=True)
    if not _interpreter_is_ours(env):
        shutil.rmtree(env.home, ignore_errors=True)
    how(env)
    env.stamp.write_text(env.fingerprint())
    say(f"{sentence}: done in {time.monotonic() - began:.1f} s")


def _interpreter_is_ours(env: Environment) -> bool:
    """Whether the environment stands where it was made, on the Python that runs this."""
    asked: list[str | Path] = [
        env.python,
        "-c",
        "import sys; print(sys.prefix, sys.version, sep='\\n')",
    ]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return told.strip() == f"{env.home}\n{sys.version}"


def _with_pip(env: Environment) -> None:
    if not (env.home / "bin" / "pip").exists():
        _run([sys.executable, "-m", "venv", "--clear", env.home])
    locked: list[str | Path] = [
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-r",
        env.lock,
    ]
    _run([env.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *locked])


def _with_uv(env: Environment) -> None:
    uv = environment("bootstrap").home / "bin" / "uv"
    if not env.python.exists():
        _run([uv, "venv", "-q", "--no-project", "--python", sys.executable, env.home])
    # The bytecode is compiled here, in parallel, so that no first start pays for it.
    options = ["-q", "--require-hashes", "--no-build", "--compile-bytecode"]
    _run([uv, "pip", "sync", *options, "--python", env.python, env.lock])


def _run(command: Sequence[str | Path]) -> None:
    environ = os.environ | _uv_settings()
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if ran.returncode:
        words = (ran.stderr or ran.stdout).strip().splitlines()[-15:]
        raise EnvironmentNotMade("\n".join([f"{command[0]} failed:", *words]))


def _uv_settings() -> dict[str, str]:
    """Carry the machine's settings for pip over to uv, which does not read them."""
    carried = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_CERT": "SSL_CERT_FILE"}
    settings = {new: os.environ[old] for old, new in carried.items() if old in os.environ}
    # Trust what the machine trusts, as pip does; and use no Python but the one that runs this.
    return {"UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never"} | settings


if __name__ == "__main__":
    try:
        make(sys.argv[1:])
    except EnvironmentNotMade as failed:
        sys.exit(f"The environments could not be made: {failed}")
