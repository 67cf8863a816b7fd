"""What is measured beside reads: creates, and how fast news arrives."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from tests.bench.budget import Budget
from tests.bench.load import Asked, Timing, run
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.parts.cloud import until
from tests.parts.site import DEMO

CLIENTS: Final = 16
CREATES: Final = 200
NEWS: Final = 20


def _figure(timing: Timing, cpu_seconds: float, **more: Any) -> Figure:
    return Figure(
        requests=timing.requests,
        per_second=timing.per_second,
        p50_ms=timing.p50_ms,
        p99_ms=timing.p99_ms,
        cpu_ms=round(cpu_seconds * 1000 / timing.requests, 2),
        refused=timing.refused,
        **more,
    )


def creates(rig: Rig) -> Iterator[Figure]:
    """Measure how many creates are accepted a second, and what a server costs until ACTIVE.

    While they are accepted nobody carries them out: accepting is what is measured.
    """
    rig.allow_plenty()
    rig.restart("compute", "api")
    ask = partial(new_server, rig)
    asyncio.run(run(CLIENTS, CLIENTS, rig.headers, ask))  # warm
    before, began = rig.seconds(), time.monotonic()
    accepting = rig.seconds("compute")
    timing = asyncio.run(run(CREATES, CLIENTS, rig.headers, ask))
    yield _figure(
        timing,
        rig.seconds("compute") - accepting,
        scenario="POST /servers -> 202",
        clients=CLIENTS,
        budget=Budget(cpu_ms=5, per_second=200),
    )
    used, took = rig.seconds() - before, time.monotonic() - began
    rig.restart("compute", "all")
    before, began = rig.seconds(), time.monotonic()
    until(lambda: _count(rig, "BUILD") == 0, 600, "the servers", every=0.5)  # it is paid for, too
    used, took = used + rig.seconds() - before, took + time.monotonic() - began
    yield Figure(
        scenario="POST /servers -> ACTIVE",
        clients=CLIENTS,
        requests=CREATES + CLIENTS,
        per_second=round((CREATES + CLIENTS) / took, 1),
        cpu_ms=round(used * 1000 / (CREATES + CLIENTS), 1),
        budget=Budget(cpu_ms=40),
        refused=_count(rig, "ERROR"),
    )


def new_server(rig: Rig, number: int) -> Asked:
    """Return the request for the n-th server."""
    site = rig.site
    server = {
        "name": f"bench-{number}",
        "imageRef": site.image,
        "flavorRef": site.flavor,
        "networks": [{"uuid": site.network}],
    }
    return Asked(
        method="POST", url=rig.cloud.url("compute") + "/v2.1/servers", json={"server": server}
    )


def accepts(rig: Rig) -> Iterator[Figure]:
    """Measure how ports, volumes and images are accepted.

    As with servers, nobody carries out or tells of what was accepted meanwhile.
    """
    rig.allow_plenty()
    wanted: dict[str, tuple[str, str, dict[str, Any]]] = {
        "POST /ports": ("network", "/v2.0/ports", {"port": {"network_id": rig.site.network}}),
        "POST /volumes": ("volume", "/v3/volumes", {"volume": {"size": 1}}),
        "POST /images": ("image", "/v2/images", {"disk_format": "raw", "container_format": "bare"}),
    }
    for name, (service, path, body) in wanted.items():
        rig.restart(service, "api")
        ask = partial(_post, rig.cloud.url(service) + path, body)
        asyncio.run(run(CLIENTS, CLIENTS, rig.headers, ask))  # warm
        before = rig.seconds(service)
        timing = asyncio.run(run(CREATES, CLIENTS, rig.headers, ask))
        yield _figure(
            timing,
            rig.seconds(service) - before,
            scenario=name,
            clients=CLIENTS,
            budget=Budget(cpu_ms=4),
        )
        rig.restart(service, "all")


def _post(url: str, body: dict[str, Any], _number: int) -> Asked:
    return Asked(method="POST", url=url, json=body)


def _count(rig: Rig, status: str) -> int:
    path = f"/v2.1/servers?name=bench-&status={status}&limit=1000"
    answer = rig.cloud.call("GET", "compute", path, who=DEMO)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["servers"])


def news(rig: Rig) -> Iterator[Figure]:
    """Measure how long after a job's end in Ganeti the API shows it."""
    server_id = rig.site.create("told-of")
    rig.site.becomes(server_id, "ACTIVE", within=120)
    ((cluster, name),) = rig.site.instances(server_id)
    times = sorted(_latency(rig, server_id, cluster, name, turn) for turn in range(NEWS))
    yield Figure(
        scenario="job end in Ganeti -> API",
        requests=NEWS,
        p50_ms=round(times[NEWS // 2] * 1000, 1),
        p99_ms=round(times[-1] * 1000, 1),
        budget=Budget(p50_ms=1000),
    )


def _latency(rig: Rig, server_id: str, cluster: int, name: str, turn: int) -> float:
    """Stop or start the instance in Ganeti; return the seconds until the API shows it."""
    action, wanted = (("shutdown", "SHUTOFF"), ("startup", "ACTIVE"))[turn % 2]
    job = rig.site.rapi("PUT", cluster, f"/2/instances/{name}/{action}", {})
    ended: float = until(_end_of(rig, cluster, job), 30, "the job")
    until(lambda: (rig.site.server(server_id) or {})["status"] == wanted, 30, wanted)
    return max(0.0, time.time() - ended)


def _end_of(rig: Rig, cluster: int, job: int) -> Callable[[], float | None]:
    def end() -> float | None:
        stamp = rig.site.rapi("GET", cluster, f"/2/jobs/{job}")["end_ts"]
        return stamp[0] + stamp[1] / 1_000_000 if stamp else None

    return end
