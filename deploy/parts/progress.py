"""Tells the person at the terminal what is being done, one line at a time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_STARTED = time.monotonic()


def say(sentence: str) -> None:
    """Print one line, with the seconds since the program started before it."""
    sys.stdout.write(f"[{time.monotonic() - _STARTED:6.1f}s] {sentence}\n")
    sys.stdout.flush()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what begins, and how long it took once it has ended well."""
    say(f"{what} ...")
    began = time.monotonic()
    yield
    say(f"{what}: done in {time.monotonic() - began:.1f} s")
