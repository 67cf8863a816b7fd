"""Measures requests and the CPU they cost; two targets in turns, so that noise hits both alike."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

from tests.bench import cpu
from tests.bench.load import Asked, Timing, run

TURNS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that answers."""

    url: str
    pids: Sequence[int]  # whose CPU counts, and that of all below them
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What requests to one target came to, over all turns."""

    timings: tuple[Timing, ...] = ()
    cpu_seconds: float = 0.0

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(each.requests for each in self.timings)

    @property
    def refused(self) -> int:
        """How many were not answered as they should."""
        return sum(each.refused for each in self.timings)

    @property
    def cpu_ms(self) -> float:
        """CPU per request."""
        return round(self.cpu_seconds * 1000 / self.requests, 2)

    def middle(self, name: str) -> float:
        """The median over the turns of a figure of `Timing`."""
        return round(median(float(getattr(each, name)) for each in self.timings), 2)


def in_turns(
    requests: int, clients: int, targets: Mapping[str, tuple[Target, str]]
) -> dict[str, Run]:
    """Ask each target for its path, by turns.

    Args:
        requests: how many of each, in all.
        clients: how many at once.
        targets: by name, whom to ask for what.
    """
    runs = {name: Run() for name in targets}
    for turn in range(TURNS):
        for name, (target, path) in targets.items():
            runs[name] = _more(runs[name], target, path, requests // TURNS, clients, cold=not turn)
    return runs


def _more(
    so_far: Run, target: Target, path: str, requests: int, clients: int, *, cold: bool
) -> Run:
    ask, headers = partial(_get, target.url + path), dict(target.headers)
    if cold:
        asyncio.run(run(clients * 8, clients, headers, ask))
    before = cpu.tree_seconds(target.pids)
    timing = asyncio.run(run(requests, clients, headers, ask))
    used = cpu.tree_seconds(target.pids) - before
    return Run(timings=(*so_far.timings, timing), cpu_seconds=so_far.cpu_seconds + used)


def _get(url: str, _number: int) -> Asked:
    return Asked(method="GET", url=url)
