"""One seed: clients and nemesis at the same time, then rest, then the checker."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.chaos.checker import Reality, Verdict, check
from tests.chaos.clients import Wanted, all_work
from tests.chaos.history import History
from tests.chaos.nemesis import Nemesis
from tests.chaos.rig import Rig
from tests.parts.cloud import until
from tests.parts.site import DEMO

REST: Final = 240.0  # seconds that everything has to come to rest
EMPTY: Final = 120.0
LOOK_EVERY: Final = 2.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a seed came to."""

    seed: int
    servers: int
    clients: int
    seconds: float  # of clients and nemesis
    rest: float  # seconds until everything agreed
    struck: dict[str, int]
    verdict: Verdict
    faults: list[str] = field(default_factory=list)  # of servers in ERROR
    leftovers: list[str] = field(default_factory=list)  # when all servers were deleted

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return not self.verdict.problems and not self.leftovers


def play(rig: Rig, seed: int, servers: int, clients: int, say: Callable[[str], None]) -> Result:
    """Torment the cloud while clients work; returns what the checker says of it."""
    history, began = History(), time.monotonic()
    before = creations(rig)
    nemesis = Nemesis(rig=rig, random=Random(f"{seed} nemesis"), say=say)  # repeatable
    with ThreadPoolExecutor(1) as aside:
        work = all_work(_wanted(rig), history, clients=clients, servers=servers, seed=seed)
        working = aside.submit(asyncio.run, work)
        asyncio.run(_until_done(nemesis, working))
        working.result()
    took, rested = time.monotonic() - began, time.monotonic()
    say(f"clients are done after {took:.0f} s; everything is mended and comes to rest")
    history.write(rig.home / f"history-{seed}.jsonl")
    verdict = _at_rest(rig, history, before)
    rest = time.monotonic() - rested
    left = _servers(rig)
    faults = [
        str(each.get("fault", {}).get("message")) for each in left if each["status"] == "ERROR"
    ]
    return Result(
        seed=seed,
        servers=servers,
        clients=clients,
        seconds=round(took, 1),
        rest=round(rest, 1),
        struck=nemesis.struck,
        verdict=verdict,
        faults=faults,
        leftovers=_emptied(rig, left),
    )


async def _until_done(nemesis: Nemesis, working: "Future[None]") -> None:
    async with asyncio.TaskGroup() as group:
        raging = group.create_task(nemesis.rage())
        await asyncio.wait([asyncio.wrap_future(working), raging], return_when="FIRST_COMPLETED")
        nemesis.stop()


def _wanted(rig: Rig) -> Wanted:
    site = rig.site
    return Wanted(
        url=f"{rig.cloud.url('compute')}/v2.1",
        headers={"X-Auth-Token": rig.cloud.token(*DEMO)},
        image=site.image,
        flavor=site.flavor,
        network=site.network,
    )


def _at_rest(rig: Rig, history: History, before: Counter[str]) -> Verdict:
    """Check until all is well, or for as long as it may take."""
    deadline = time.monotonic() + REST
    while True:
        verdict = check(history, _reality(rig, history, before))
        if not verdict.problems or time.monotonic() > deadline:
            return verdict
        time.sleep(LOOK_EVERY)


def _reality(rig: Rig, history: History, before: Counter[str]) -> Reality:
    servers = _servers(rig)
    limits = _get(rig, "compute", "/v2.1/limits")["limits"]["absolute"]
    project = servers[0]["tenant_id"] if servers else ""
    ports = _ports(rig)
    quota = _get(rig, "network", f"/v2.0/quotas/{project}/details.json")["quota"] if project else {}
    return Reality(
        servers=servers,
        ports=ports,
        instances=instances(rig),
        creations=creations(rig) - before,
        used={
            "instances": limits["totalInstancesUsed"],
            "cores": limits["totalCoresUsed"],
            "ports": quota["port"]["used"] if quota else len(ports),
        },
        failed_actions=_failed_actions(rig, history, servers),
    )


def _failed_actions(rig: Rig, history: History, servers: Sequence[Json]) -> dict[str, list[str]]:
    """The actions that the API says have failed, of servers that are not as they should be."""
    intents = history.intents()
    failed = {}
    for server in servers:
        intent = intents.get(server["name"])
        if intent and server["status"] not in intent.allowed:
            path = f"/v2.1/servers/{server['id']}/os-instance-actions"
            answer = rig.cloud.call("GET", "compute", path, who=DEMO)
            if answer.status_code == 404:  # it was on its way out: the next look knows more
                continue
            actions = answer.raise_for_status().json()["instanceActions"]
            failed[server["id"]] = [each["action"] for each in actions if each["message"]]
    return failed


def _servers(rig: Rig) -> list[Json]:
    found: list[Json] = _get(rig, "compute", "/v2.1/servers/detail?limit=1000")["servers"]
    return found


def _ports(rig: Rig) -> list[Json]:
    """The ports of the project that a server has, or should have."""
    ports = _get(rig, "network", "/v2.0/ports")["ports"]
    return [each for each in ports if each["device_owner"].startswith("compute:")]


def instances(rig: Rig) -> list[Json]:
    """All instances of all clusters, as Ganeti tells them."""
    return [
        {"name": each["name"], "status": each["status"]}
        for number in range(rig.clusters)
        for each in rig.site.rapi("GET", number, "/2/instances?bulk=1")
    ]


def creations(rig: Rig) -> Counter[str]:
    """Count instances made so far by name, as the simulator itself remembers."""
    return Counter(
        each["name"]
        for number in range(1, rig.clusters + 1)
        for each in rig.truth(number)
        if each["what"] == "instance.created"
    )


def _get(rig: Rig, service: str, path: str) -> Json:
    answer = rig.cloud.call("GET", service, path, who=DEMO)
    answer.raise_for_status()
    found: Json = answer.json()
    return found


def _emptied(rig: Rig, servers: Sequence[Json]) -> list[str]:
    """Delete everything; returns what is still there after that."""
    for server in servers:
        rig.cloud.call("DELETE", "compute", f"/v2.1/servers/{server['id']}", who=DEMO)
    try:
        until(lambda: not (_servers(rig) or _ports(rig) or instances(rig)), EMPTY, "the end")
    except AssertionError:
        return [
            *(f"server {each['name']} {each['status']}" for each in _servers(rig)),
            *(f"port of {each['device_id']}" for each in _ports(rig)),
            *(f"instance {each['name']}" for each in instances(rig)),
        ]
    return []
