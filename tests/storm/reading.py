"""A user who looks at servers, at an even pace, while the storm goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

import httpx

PAUSE: Final = 0.05  # seconds between two requests
PATIENCE: Final = 90.0  # seconds until a last answer has come, or not


@dataclass(slots=True)
class Times:
    """How long answers took, in milliseconds."""

    taken: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def p99(self) -> float:
        """What all but the slowest hundredth stayed under."""
        ordered = sorted(self.taken)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0


def _ask(http: httpx.Client, url: str, times: Times) -> None:
    began = time.perf_counter()
    try:
        answer = http.get(url)
    except httpx.HTTPError:
        times.refused += 1
    else:
        times.refused += answer.status_code != 200
    times.taken.append((time.perf_counter() - began) * 1000)


def _read(urls: list[str], headers: dict[str, str], line: Connection) -> None:
    """Ask until something is said on the line; answer with the times."""
    times = Times()
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as http:
        turn = 0
        while not line.poll(PAUSE):
            _ask(http, urls[turn % len(urls)], times)
            turn += 1
    line.send(times)


@contextmanager
def reading(urls: list[str], headers: dict[str, str]) -> Iterator[Times]:
    """Ask these in turn during the block; the times are whole when it is left.

    In a process of its own: what else the harness is at would be measured as well.
    """
    aside = get_context("spawn")
    ours, theirs = aside.Pipe()
    reader = aside.Process(target=_read, args=(urls, headers, theirs), daemon=True)
    reader.start()
    times = Times()
    try:
        yield times
    finally:
        ours.send("enough")
        if ours.poll(PATIENCE):
            measured: Times = ours.recv()
            times.taken, times.refused = measured.taken, measured.refused
        reader.join(PATIENCE)
