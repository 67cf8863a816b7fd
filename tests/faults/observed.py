"""A watcher beside the gateway and the simulated clusters of one fault."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ganeti_watcher.main import DEFINITION
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import bind
from services.ganeti_watcher.store.tables import messaging
from services.ganeti_watcher.watch.supervisor import Supervisor
from shared.db.migrate import migrate
from shared.db.uow import engine_for, unit_of_work
from tests.faults.cloudlet import Cloudlet
from tests.integration.rapi_gateway.rig import until
from tests.parts.postgres import MakesDatabases

Fact = dict[str, Any]
QUICK = Pace(
    busy=0.05, idle=0.05, cold=0.1, states=0.3, clusters=0.1, longest=0.2, heartbeat=0
)  # seconds: what takes half a minute, scaled


class Observer:
    """A watcher that runs, and what it told."""

    def __init__(self, cloud: Cloudlet, engine: AsyncEngine) -> None:
        self.supervisor = Supervisor(cloud.gateway.client, unit_of_work(engine, bind), QUICK)
        self._engine = engine

    async def facts(self) -> list[Fact]:
        """All that was told so far, in order."""
        outbox = messaging.outbox
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                sa.select(outbox.c.message_id, outbox.c.routing_key, outbox.c.body).order_by(
                    outbox.c.id
                )
            )
            return [
                {"id": str(row.message_id), "key": row.routing_key} | orjson.loads(row.body)["data"]
                for row in rows
            ]

    async def until(self, holds: Callable[[list[Fact]], bool]) -> list[Fact]:
        """Return what was told once it is so."""

        async def look() -> list[Fact] | None:
            facts = await self.facts()
            return facts if holds(facts) else None

        found: list[Fact] = await until(look, 60.0)  # the machine may be busy
        return found


def jobs(facts: list[Fact]) -> dict[tuple[int, int], list[str]]:
    """The statuses told of every job, in order, by epoch and id."""
    found: dict[tuple[int, int], list[str]] = {}
    for fact in facts:
        if fact["key"].startswith("ganeti.job."):
            found.setdefault((fact["epoch"], fact["job_id"]), []).append(fact["status"])
    return found


def instances(facts: list[Fact], name: str) -> list[Fact]:
    """What was told of an instance, in order."""
    told = [fact for fact in facts if fact["key"].startswith("ganeti.instance.")]
    return [fact for fact in told if fact["name"] == name]


def watcher_database(databases: MakesDatabases) -> str:
    """Return the URL of a database with the watcher's tables."""
    return databases("ganeti_watcher", lambda url: migrate(url, DEFINITION.migrations))


@asynccontextmanager
async def observing(cloud: Cloudlet, database: str) -> AsyncIterator[Observer]:
    """Run a watcher of the cloudlet's clusters, until the block is left."""
    engine = engine_for(database, size=4)
    observer = Observer(cloud, engine)
    task = asyncio.create_task(observer.supervisor.run())
    try:
        yield observer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.dispose()
