"""Measures the prototype, the least that can stand between stored documents and a client."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final

from deploy.parts.children import start
from deploy.parts.ports import answers, free_port
from tests.bench import cpu, prototype
from tests.bench.load import Asked, run
from tests.bench.report import Figure, load_now
from tests.bench.rig import Rig

READS: Final = (
    ("prototype: one", "/servers/77", 2000, 16),
    ("prototype: 50", "/servers/detail?limit=50", 1000, 16),
    ("prototype: 1000", "/servers/detail?limit=1000", 100, 1),
)


def yardstick(rig: Rig, server_id: str) -> Iterator[Figure]:
    """Serve documents as large as a server's, and measure that."""
    url = rig.cloud.environment["CYCLADES_COMPUTE_DATABASE_URL"]
    shown = rig.site.server(server_id)
    asyncio.run(prototype.fill(url, json.dumps(shown).encode()))
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.prototype", url, str(port)]
    child = start("prototype", command, log=rig.cloud.home / "prototype.log", environ=os.environ)
    try:
        child.wait_until(partial(answers, port), within=30)
        yield from _measured(rig, port, child.process.pid)
    finally:
        child.stop()


def _measured(rig: Rig, port: int, pid: int) -> Iterator[Figure]:
    assert rig.database.child is not None
    pids = [pid, rig.database.child.process.pid]
    for name, path, requests, clients in READS:
        ask = partial(_ask, f"http://127.0.0.1:{port}{path}")
        asyncio.run(run(clients * 4, clients, {}, ask))  # warm
        before = cpu.tree_seconds(pids)
        timing = asyncio.run(run(requests, clients, {}, ask))
        yield Figure(
            scenario=name,
            rows=prototype.ROWS,
            clients=clients,
            requests=requests,
            per_second=timing.per_second,
            p50_ms=timing.p50_ms,
            p99_ms=timing.p99_ms,
            cpu_ms=round((cpu.tree_seconds(pids) - before) * 1000 / requests, 2),
            budget="the yardstick",
            load=load_now(),
        )


def _ask(url: str, _number: int) -> Asked:
    return Asked(method="GET", url=url)
