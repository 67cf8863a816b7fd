"""What happens: a quiet time, the storm, its end, and a steady trickle of jobs afterwards."""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

from rich.console import Console

from tests.parts.cloud import until
from tests.storm.compare import Transition, Verdict, compare, transitions_of
from tests.storm.figures import Figure
from tests.storm.hearing import Ear
from tests.storm.hinting import hinting
from tests.storm.reading import Times, reading
from tests.storm.rig import PATIENCE, WATCHED, Rig, short
from tests.storm.using import cpu_by_part

QUIET: Final = 20.0  # seconds
LATE: Final = 2.0  # seconds
RECOVERY: Final = 60.0  # seconds after the storm in which nothing may be late any more
MEMORY: Final = 300  # MiB
READS: Final = 50.0  # ms, or twice what it is when all is quiet
SLOW: Final = 1.0  # seconds from a job's end to its event, when nothing much happens
HINTED: Final = 0.1  # the same where agents hint
TRICKLE: Final = 10  # jobs a second over all clusters
_tell = Console(stderr=True).print


class Storm:
    """One run, step by step.

    Args:
        rig: the running cloud.
        ear: hears what is published.
        steady: seconds of the steady state.
    """

    def __init__(self, rig: Rig, ear: Ear, steady: float) -> None:
        self._rig = rig
        self._ear = ear
        self._steady = steady
        self._told: dict[str, int] = {}  # numbers of the newest transitions, by cluster
        self.examples: list[str] = []

    def figures(self) -> Iterator[Figure]:
        """Go through all of it."""
        yield from self._settle()
        with self._reading() as quiet:
            time.sleep(QUIET)
        self._history()
        scale = self._rig.scale
        with self._reading() as stormy:
            cpu = self._cpu()
            end = self._rage(scale.transitions, scale.seconds)
        yield from self._of_storm(end, cpu, quiet, stormy)
        if self._steady:
            yield from self._of_steady_state("steady state", SLOW)
            with hinting(self._rig):
                yield from self._of_steady_state("steady state with hints", HINTED)
        for name in WATCHED:
            peak = self._rig.peak_mib(name)
            yield Figure(name=f"memory of {name}, peak", value=peak, unit="MiB", most=MEMORY)
        peak = self._rig.peak_mib("simulator")
        yield Figure(name="memory of the simulator, peak", value=peak, unit="MiB", most=1024)

    def _settle(self) -> Iterator[Figure]:
        _tell("registering clusters ...")
        began = time.monotonic()
        self._rig.register()
        scale = self._rig.scale
        everything = scale.clusters * scale.instances
        _tell("waiting until all instances have been seen ...")
        what = "seeing all instances"  # which are counted at each look
        until(lambda: self._rig.followed() >= everything, PATIENCE, what, every=2.0)
        taken = round(time.monotonic() - began, 1)
        yield Figure(name="registering and seeing all clusters", value=taken, unit="s")
        # What is published late is published late for jobs, too: they queue behind it.
        _tell("waiting until all instances have been told of ...")
        until(lambda: len(self._ear.instances) >= everything, PATIENCE, "telling of all instances")
        told = round(time.monotonic() - began, 1)
        yield Figure(name="telling of all instances", value=told, unit="s")

    def _reading(self) -> Any:
        paths = ("servers/detail", "flavors")
        urls = [f"{self._rig.api_url}/v2.1/{path}" for path in paths]
        return reading(urls, {"X-Auth-Token": self._rig.cloud.token()})

    def _cpu(self) -> dict[str, float]:
        return cpu_by_part(self._rig.home)

    def _rage(self, transitions: int, seconds: float) -> dict[str, Any]:
        _tell(f"{transitions} transitions in {seconds:.0f} s ...")
        self._rig.sim("POST", "/storm", transitions=transitions, seconds=seconds)
        time.sleep(seconds)
        end: dict[str, Any] = until(
            lambda: (told := self._rig.sim("GET", "/storm"))["ended"] and told,
            PATIENCE,
            "the end of the storm",
        )
        return end

    def _history(self) -> list[Transition]:
        """What has happened since the last time this was asked."""
        found: list[Transition] = []
        for number, each in enumerate(self._rig.clusters, start=1):
            name = short(each["name"])
            after = self._told.get(name, 0)
            entries = self._rig.sim("GET", f"/clusters/{number}/history?after={after}")
            self._told[name] = entries[-1][0] if entries else after
            found += transitions_of(name, entries)
        return found

    def _judge(self, since: float, within: float) -> Verdict:
        """Compare what is heard with the truth until nothing is missing, or the time is up."""
        truth = self._history()
        wanted = {each[:3] for each in truth}
        _wait(lambda: wanted <= self._ear.jobs, within)
        heard = [each for each in self._ear.heard if each[:3] in wanted or each.at >= since]
        verdict = compare(truth, heard, LATE)
        self.examples += verdict.examples
        return verdict

    def _of_storm(
        self, end: dict[str, Any], cpu: dict[str, float], quiet: Times, stormy: Times
    ) -> Iterator[Figure]:
        _tell("comparing with the truth ...")
        verdict = self._judge(end["began"], RECOVERY)
        used = {name: now - cpu.get(name, 0.0) for name, now in self._cpu().items()}
        yield Figure(name="transitions", value=verdict.transitions)
        lasted = round(end["ended"] - end["began"], 1)
        slack = self._rig.scale.seconds * 1.2 + 5
        yield Figure(name="storm, until its last job ended", value=lasted, unit="s", most=slack)
        for kind, count in verdict.faults.items():
            yield Figure(name=f"transitions {kind.replace('_', ' ')}", value=count, most=0)
        rate = 100 * verdict.repeated / max(1, verdict.transitions)
        yield Figure(name="duplicate deliveries", value=round(rate, 3), unit="%")
        if verdict.lags:
            yield Figure(name="lag of ends, median", value=_middle(verdict.lags), unit="s")
            yield Figure(name="of it until noticed", value=_middle(verdict.noticed), unit="s")
            yield Figure(name="lag of ends, longest", value=round(max(verdict.lags), 3), unit="s")
        late = max(0.0, round(verdict.late_until - end["ended"], 1))
        yield Figure(
            name="lag back under 2 s, after the storm", value=late, unit="s", most=RECOVERY
        )
        yield Figure(name="reads' p99, quiet", value=round(quiet.p99, 1), unit="ms")
        most = round(max(2 * quiet.p99, READS), 1)
        yield Figure(name="reads' p99, storm", value=round(stormy.p99, 1), unit="ms", most=most)
        yield Figure(name="reads refused", value=stormy.refused + quiet.refused, most=0)
        for name, seconds in sorted(used.items()):
            each = round(1000 * seconds / max(1, verdict.transitions), 3)
            yield Figure(name=f"CPU of {name} in the storm", value=round(seconds, 1), unit="s")
            yield Figure(name="the same for each transition", value=each, unit="ms")

    def _of_steady_state(self, what: str, slow: float) -> Iterator[Figure]:
        cpu = self._cpu()
        end = self._rage(int(4 * TRICKLE * self._steady), self._steady)
        now = self._cpu()
        used = sum(now[name] - cpu[name] for name in WATCHED)
        verdict = self._judge(end["began"], RECOVERY)
        lag = _middle(verdict.lags) if verdict.lags else RECOVERY
        yield Figure(name=f"{what}: lag of ends, median", value=lag, unit="s", most=slow)
        if verdict.noticed:
            noticed = _middle(verdict.noticed)
            yield Figure(name=f"{what}: of it until noticed", value=noticed, unit="s")
        cores = round(used / (end["ended"] - end["began"]), 2)
        yield Figure(name=f"{what}: cores of gateway and watcher", value=cores, most=1)
        wrong = sum(verdict.faults.values())
        yield Figure(name=f"{what}: transitions that are wrong", value=wrong, most=0)


def _middle(values: list[float]) -> float:
    return round(median(values), 3)


def _wait(question: Callable[[], bool], within: float) -> None:
    deadline = time.monotonic() + within
    while not question() and time.monotonic() < deadline:
        time.sleep(0.5)
