"""Five hundred servers at once: all of them, each of them once, and nothing beside them."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from tests.bench.load import run
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.scenarios import CLIENTS, new_server
from tests.parts.cloud import until
from tests.parts.site import DEMO

SERVERS: Final = 500
CLUSTERS: Final = 10
PATIENCE: Final = 1200.0  # seconds


class NotExact(Exception):
    """Something was lost or doubled."""


def crowd(rig: Rig) -> Iterator[Figure]:
    """Have all servers, then count everything they should and should not have led to.

    Raises:
        NotExact: the counts do not agree.
    """
    rig.allow_plenty()
    before, began = rig.seconds(), time.monotonic()
    accepted = asyncio.run(run(SERVERS, CLIENTS, rig.headers, partial(new_server, rig)))
    until(lambda: not _of_status(rig, "BUILD"), PATIENCE, "the servers")
    took, used = time.monotonic() - began, rig.seconds() - before
    _check(rig)
    yield Figure(
        scenario=f"{SERVERS} servers on {len(rig.site.clusters)} clusters, all ACTIVE",
        clients=CLIENTS,
        requests=SERVERS,
        per_second=round(SERVERS / took, 1),
        p50_ms=accepted.p50_ms,
        p99_ms=accepted.p99_ms,
        cpu_ms=round(used * 1000 / SERVERS, 1),
        note="quota, addresses and instances exact",
        refused=accepted.refused,
    )


def _of_status(rig: Rig, status: str) -> list[dict[str, Any]]:
    path = f"/v2.1/servers/detail?status={status}&limit=1000"
    answer = rig.cloud.call("GET", "compute", path, who=DEMO)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["servers"]
    return found


def _check(rig: Rig) -> None:
    """Compare servers, ports, addresses, quota, instances and jobs with one another."""
    servers = _of_status(rig, "ACTIVE")
    ids = {each["id"] for each in servers}
    _equal("servers ACTIVE", len(ids), SERVERS)
    shown = [each["addr"] for server in servers for each in _addresses(server)]
    _equal("addresses shown", len(set(shown)), SERVERS)
    ports = rig.cloud.call("GET", "network", "/v2.0/ports?fields=device_id&fields=fixed_ips")
    held = [each for each in ports.json()["ports"] if each["device_id"] in ids]
    _equal("ports", len(held), SERVERS)
    _equal("their addresses", {each["fixed_ips"][0]["ip_address"] for each in held}, set(shown))
    limits = rig.cloud.call("GET", "compute", "/v2.1/limits", who=DEMO).json()["limits"]["absolute"]
    _equal("instances counted by quota", limits["totalInstancesUsed"], SERVERS)
    _equal("cores counted by quota", limits["totalCoresUsed"], SERVERS)
    instances, creations = _in_ganeti(rig)
    _equal("instances", instances, Counter({f"cyc-{ident}": 1 for ident in ids}))
    _equal("creations", creations, Counter({f"cyc-{ident}": 1 for ident in ids}))


def _addresses(server: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for addresses in server["addresses"].values():
        yield from addresses


def _in_ganeti(rig: Rig) -> tuple[Counter[str], Counter[str]]:
    """Count instances, and the jobs that created one, by instance."""
    instances: Counter[str] = Counter()
    creations: Counter[str] = Counter()
    for number in range(len(rig.site.clusters)):
        instances.update(each["id"] for each in rig.site.rapi("GET", number, "/2/instances"))
        for job in rig.site.rapi("GET", number, "/2/jobs?bulk=1"):
            summary = job["summary"][0]
            if job["status"] == "success" and summary.startswith("INSTANCE_CREATE("):
                creations[summary.removeprefix("INSTANCE_CREATE(").removesuffix(")")] += 1
    return instances, creations


def _equal(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise NotExact(f"{what}: {str(found)[:300]}, not {str(wanted)[:300]}")
