"""What the watcher told, and what the gateway has promised: every job gets one last word."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import asyncpg

from tests.parts.cloud import Cloud

FINAL: Final = frozenset({"success", "error", "canceled", "lost"})
Place = tuple[str, int, int]  # cluster, epoch, job
TOLD: Final = "SELECT body FROM outbox WHERE routing_key LIKE 'ganeti.job.%' ORDER BY id"
ACCEPTED: Final = (
    "SELECT cluster, epoch, job_id FROM submissions WHERE status = 'accepted' AND job_id > 0"
)


def told(cloud: Cloud) -> dict[Place, list[str]]:
    """The statuses told of every job, in order."""
    found: dict[Place, list[str]] = {}
    for row in _rows(cloud, "ganeti_watcher", TOLD):
        fact: Mapping[str, Any] = json.loads(row["body"])["data"]
        place = (str(fact["cluster"]), int(fact["epoch"]), int(fact["job_id"]))
        found.setdefault(place, []).append(str(fact["status"]))
    return found


def accepted(cloud: Cloud) -> list[Place]:
    """Every job that a submission became."""
    rows = _rows(cloud, "rapi_gateway", ACCEPTED)
    return [(str(row["cluster"]), int(row["epoch"]), int(row["job_id"])) for row in rows]


def unheard(cloud: Cloud) -> list[Place]:
    """The jobs that submissions became and that have no last word."""
    known = told(cloud)
    return [place for place in accepted(cloud) if not FINAL & set(known.get(place, ()))]


def _rows(cloud: Cloud, service: str, statement: str) -> list[Any]:
    url = cloud.environment[f"CYCLADES_{service.upper()}_DATABASE_URL"]

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as aside:  # it brings an event loop of its own
        return aside.submit(asyncio.run, ask()).result(60)
