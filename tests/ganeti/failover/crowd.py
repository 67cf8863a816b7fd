"""Twenty servers that are asked for at once, and what has to be true of them in the end."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from tests.ganeti.failover.jobs import CREATE, REMOVE, Job, jobs_of, made
from tests.ganeti.failover.pair import Pair, say, until
from tests.ganeti.real_site import RealSite
from tests.parts.site import DEMO

MANY: Final = 20
WHILE: Final = 900.0  # seconds: Ganeti itself may take five minutes to see that a job is dead
ENDED: Final = frozenset({"success", "error", "canceled"})
Server = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The servers."""

    real: RealSite
    pairs: tuple[Pair, ...]
    names: dict[str, str]  # of their instances, by server

    @classmethod
    def asked_for(cls, real: RealSite, pairs: tuple[Pair, ...], many: int = MANY) -> Self:
        """Ask for them, and see that each request is accepted."""
        begun = time.monotonic()
        idents = [real.site.create() for _ in range(many)]
        say(f"{many} servers accepted in {time.monotonic() - begun:.1f} s")
        return cls(real=real, pairs=pairs, names={ident: f"cyc-{ident}" for ident in idents})

    def in_the_middle(self, *pairs: Pair) -> None:
        """Wait until each of these clusters has made one, and has others under way."""
        for pair in pairs:
            until(partial(self._is_in_the_middle, pair), f"creates in {pair.zone}", 600)

    def _is_in_the_middle(self, pair: Pair) -> bool:
        found = {job.number: job.status for job in self._creates(pair)}
        statuses = Counter(found.values())
        assert not statuses or sum(statuses.values()) > statuses["success"], "it is over already"
        return statuses["success"] > 0 and statuses["running"] > 0

    def _creates(self, pair: Pair) -> list[Job]:
        return [
            job
            for job in jobs_of(pair.cluster)
            if job.opcode == CREATE and job.instance in set(self.names.values())
        ]

    def settled(self, within: float = WHILE) -> list[Server]:
        """Wait until nothing is being done to any of them; gives how they are shown."""
        begun, said = time.monotonic(), ""

        def at_rest() -> list[Server] | None:
            nonlocal said
            shown = self.shown()
            word = ", ".join(f"{n} {status}" for status, n in sorted(_statuses(shown).items()))
            if word != said:
                say(f"{time.monotonic() - begun:6.1f} s: {word}")
                said = word
            return shown if all(map(_rests, shown)) else None

        until(at_rest, "all servers to settle", within)
        return self.shown()

    def shown(self) -> list[Server]:
        """How the API shows them now."""
        answer = self.real.site.cloud.call("GET", "compute", "/v2.1/servers/detail", who=DEMO)
        assert answer.status_code == 200, answer.text
        return [each for each in answer.json()["servers"] if each["id"] in self.names]

    def problems(self, servers: list[Server]) -> list[str]:
        """Everything that was lost or doubled; nothing, if all is well."""
        instances = [found for pair in self.pairs for found in _instances(pair)]
        balance: Counter[str] = Counter()
        for pair in self.pairs:
            balance += made(jobs_of(pair.cluster))
        there = Counter(name for name, _status in instances)
        running = {name for name, status in instances if status == "running"}
        return [
            *(f"{ident} is not shown" for ident in self.names.keys() - {s["id"] for s in servers}),
            *self._strangers(there),
            *(problem for each in servers for problem in _wrong(each, there, balance, running)),
        ]

    def _strangers(self, there: Iterable[str]) -> Iterator[str]:
        shown = self.real.site.cloud.call("GET", "compute", "/v2.1/servers/detail", who=DEMO)
        known = {f"cyc-{each['id']}" for each in shown.json()["servers"]}
        for name in there:
            if name not in known:
                yield f"{name} is the instance of no server"

    def _are_gone(self) -> bool:
        if not self.shown():
            return True
        for pair in self.pairs:
            for name, _status in _instances(pair):
                if name in self.names.values():
                    _drop_with_leftovers(pair, name)
        return False

    def delete(self) -> None:
        """Have none of them, here and there."""
        for ident in self.names:
            path = f"/v2.1/servers/{ident}"
            answer = self.real.site.cloud.call("DELETE", "compute", path, who=DEMO)
            assert answer.status_code in {204, 404}, answer.text
        until(self._are_gone, "the servers' end", WHILE)
        left = [name for pair in self.pairs for name, _status in _instances(pair)]
        assert not set(left) & set(self.names.values()), left


def _drop_with_leftovers(pair: Pair, name: str) -> None:
    """Remove an instance as an administrator must whose directory has files of a dead job.

    A create that died with its master leaves the files of its disks; the next one of that name
    has others beside them, and then Ganeti does not remove the directory, nor the instance. RAPI
    has no word for "all the same".
    """
    failed = [
        job.number
        for job in jobs_of(pair.cluster)
        if (job.opcode, job.instance, job.status) == (REMOVE, name, "error")
    ]
    for number in failed[-1:]:
        said = pair.gnt("gnt-job", "info", str(number))
        assert "Directory not empty" in said, said
        say(f"{name} is removed by hand: a dead job has left files in its directory")
        pair.gnt("gnt-instance", "remove", "--force", "--ignore-failures", name)


def _instances(pair: Pair) -> list[tuple[str, str]]:
    listed = pair.gnt("gnt-instance", "list", "--no-headers", "--separator=|", "-o", "name,status")
    return [
        (name, status) for name, _, status in (each.partition("|") for each in listed.splitlines())
    ]


def _statuses(servers: Iterable[Server]) -> Counter[str]:
    return Counter(each["status"] for each in servers)


def _rests(server: Server) -> bool:
    return server["OS-EXT-STS:task_state"] is None and server["status"] in {"ACTIVE", "ERROR"}


def _wrong(
    server: Server, there: Counter[str], balance: Counter[str], running: set[str]
) -> Iterator[str]:
    name = f"cyc-{server['id']}"
    wanted = int(server["status"] == "ACTIVE")
    if there[name] != wanted:
        yield f"{name} is {server['status']}, and there are {there[name]} instances of it"
    if balance[name] > wanted:
        yield f"{name} is {server['status']}, and was created {balance[name]} times"
    if wanted and name not in running:
        yield f"{name} is ACTIVE, and its instance does not run"
    if not wanted and not server.get("fault", {}).get("message"):
        yield f"{name} is ERROR, and nobody says why"
