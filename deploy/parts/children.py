"""Starts other programs so that none of them outlives whoever started it.

A child gets a session of its own (Ctrl-C reaches the supervisor alone, which then stops the
children in order), and a signal from the kernel when its parent dies, however it dies.
Children must be started from the main thread: the kernel watches the thread, not the process.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.parts.progress import say

PR_SET_PDEATHSIG: Final = 1
LONGEST_LOG: Final = 10 * 1024 * 1024  # bytes; a longer one is put aside at the next start
_prctl = ctypes.CDLL(None, use_errno=True).prctl


class PartFailed(Exception):
    """A part could not be started, or ended by itself; the message shows its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who a child runs as."""

    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "User":
        """Look a user up by name."""
        entry = pwd.getpwnam(name)
        return cls(uid=entry.pw_uid, gid=entry.pw_gid)


@dataclass(slots=True, kw_only=True)
class Child:
    """A running program and what is needed to stop it."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    _log_began: int = field(default=0)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet.

        It is not reaped here: until `kill` does that, nobody else can get its process id.
        """
        if self.process.returncode is not None:
            return False
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, look) is None

    def stop(self) -> None:
        """Ask it to end, insist when it does not, and leave nothing of its session."""
        if self.is_running:
            self.process.send_signal(self.stop_signal)
        deadline = time.monotonic() + self.patience
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.is_running:
            say(f"{self.name} did not stop in {self.patience:.0f} s: killing it")
        self.kill()

    def kill(self) -> int:
        """End it and its whole session at once; returns its exit code."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def last_words(self, lines: int = 20) -> str:
        """The end of what it wrote since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._log_began)
            written = log.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in written[-lines:])

    def wait_until_ended(self, within: float) -> None:
        """Wait for it to end well.

        Raises:
            PartFailed: it ended badly, or has not ended in time.
        """
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            code = self.kill()
        if code:
            raise PartFailed(f"{self.name} ended with {code}:\n{self.last_words()}")

    def wait_until(self, is_ready: Callable[[], bool], within: float) -> None:
        """Wait for it to be ready.

        Raises:
            PartFailed: it ended, or is not ready in time.
        """
        deadline = time.monotonic() + within
        while not is_ready():
            if not self.is_running:
                raise PartFailed(f"{self.name} ended with {self.kill()}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise PartFailed(f"{self.name} is not ready in {within} s:\n{self.last_words()}")
            time.sleep(0.03)


def end_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent ends."""
    _prctl(PR_SET_PDEATHSIG, number)


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: User | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    orphan_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start a program whose output goes to a log, and which ends with us."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    parent = os.getpid()

    def before_it_begins() -> None:
        end_with_parent(orphan_signal)
        if os.getppid() != parent:  # it died before the kernel could know
            os._exit(1)

    with log.open("ab") as output:
        began = output.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=folder,
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            # After the change of user, which would clear the parent's death signal.
            preexec_fn=before_it_begins,  # noqa: PLW1509 - it makes two system calls
        )
    return Child(name=name, process=process, log=log, stop_signal=stop_signal, _log_began=began)
