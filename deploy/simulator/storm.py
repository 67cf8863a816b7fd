"""A storm: as many job transitions as one wishes, at an even pace, over all clusters."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from time import time, time_ns
from typing import Final

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.model import Json
from deploy.simulator.validation import fill

TRANSITIONS: Final = 4  # of each job: queued, waiting, running, success
_BEAT: Final = 0.02  # seconds between two handfuls of submissions
_KINDS: Final[dict[str, Json]] = {
    "OP_INSTANCE_SHUTDOWN": {"instance_name": "-"},
    "OP_INSTANCE_STARTUP": {"instance_name": "-", "force": False},
    "OP_INSTANCE_REBOOT": {"instance_name": "-", "reboot_type": "hard"},
}


@dataclass(slots=True, kw_only=True)
class Storm:
    """Submits jobs for instances that there are, as gnt-instance would.

    Args:
        sites: the clusters; each gets an equal share.
        transitions: how many there will be in all.
        seconds: how long it takes to submit the jobs they belong to.
        instances: how many of each cluster's instances are hit, again and again.
        seed: decides which of them when.
    """

    sites: tuple[SimulatedCluster, ...]
    transitions: int
    seconds: float
    instances: int = 100
    seed: int = 1
    submitted: int = 0
    began: float = 0.0
    ended: float = 0.0
    _ready: dict[str, Json] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        """How many jobs it takes."""
        return self.transitions // TRANSITIONS

    async def rage(self) -> None:
        """Submit everything, and wait until all of it has ended."""
        loop = asyncio.get_running_loop()
        self._ready = {kind: fill(kind, given, {}) for kind, given in _KINDS.items()}
        targets = self._targets()
        self.began, start = time(), loop.time()
        while self.submitted < self.jobs:
            due = min(self.jobs, int((loop.time() - start) / max(self.seconds, 0.001) * self.jobs))
            while self.submitted < due:
                self._submit(*next(targets))
            await asyncio.sleep(_BEAT)
        for site in self.sites:
            while site.queue.works:
                await site.queue.change_of(max(site.queue.works), at_most=_BEAT)
        self.ended = time()

    def as_json(self) -> Json:
        """How far it has got."""
        unfinished = sum(len(site.queue.works) for site in self.sites)
        return {
            "jobs": self.jobs,
            "submitted": self.submitted,
            "unfinished": unfinished,
            "began": self.began,
            "ended": self.ended,
        }

    def _targets(self) -> Iterator[tuple[SimulatedCluster, str]]:
        """Each cluster in turn, and one of its instances by chance, each one as often."""
        rounds = [(site, _rounds(site, self.instances, self.seed)) for site in self.sites]
        return ((site, next(names)) for site, names in cycle(rounds))

    def _submit(self, site: SimulatedCluster, name: str) -> None:
        instance = site.state.instances[name]
        choice = _CHOICES[self.submitted // len(self.sites) % len(_CHOICES)]
        kind = choice(running=instance.running)
        trail = [["gnt:client:gnt-instance", kind, time_ns()]]
        site.queue.submit([{**self._ready[kind], "instance_name": name, "reason": trail}])
        self.submitted += 1


def _rounds(site: SimulatedCluster, many: int, seed: int) -> Iterator[str]:
    names = sorted(site.state.instances)[:many]
    random.Random(f"{seed}/{site.number}").shuffle(names)
    return cycle(names)


def _toggle(*, running: bool) -> str:
    return "OP_INSTANCE_SHUTDOWN" if running else "OP_INSTANCE_STARTUP"


_CHOICES: Final[tuple[Callable[..., str], ...]] = (
    _toggle,
    _toggle,
    lambda running: "OP_INSTANCE_REBOOT",
)
