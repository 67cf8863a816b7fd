"""Compute as a consumer of Ganeti's news: a bus, a database, and what it holds in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.compute.api.views.servers import rendering
from services.compute.events.ganeti import subscription
from services.compute.main import DEFINITION
from services.compute.store.stores import bound
from services.compute.store.tables import messaging
from services.compute.store.tables.projections import instances as observed_instances
from shared.bus.contract import Outgoing
from shared.bus.handling import Pauses
from shared.bus.memory import MemoryBus
from shared.contracts.base import Envelope, Fact
from shared.db.migrate import migrate
from shared.db.uow import engine_for, unit_of_work
from tests.faults.news import declared
from tests.parts.postgres import MakesDatabases

AT_ONCE = Pauses(first=0.0, longest=0.0)


class Consumer:
    """What reached compute's projections."""

    def __init__(self, bus: MemoryBus, engine: AsyncEngine) -> None:
        self.bus = bus
        self._engine = engine

    async def publish(self, *messages: Outgoing) -> None:
        """Return when all was handled or buried."""
        await self.bus.publish(messages)

    async def jobs(self) -> dict[tuple[str, int, int], Any]:
        """The last fact of each job."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(sa.select(messaging.jobs))
            return {(row.cluster, row.epoch, row.job_id): row.fact for row in rows}

    async def instances(self) -> dict[tuple[str, str], Any]:
        """The last fact of each instance."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(sa.select(observed_instances))
            return {(row.cluster, str(row.server_id)): row.fact for row in rows}


def message(fact: Fact) -> Outgoing:
    """Return the fact as it travels."""
    envelope = Envelope.around(fact)
    return Outgoing(
        routing_key=fact.routing_key, message_id=str(envelope.id), body=envelope.to_json()
    )


@asynccontextmanager
async def consuming(databases: MakesDatabases) -> AsyncIterator[Consumer]:
    """Run compute's consumer of Ganeti's news."""
    url = databases("compute", lambda url: migrate(url, DEFINITION.migrations))
    engine = engine_for(url, size=3)
    bus = MemoryBus(pauses=AT_ONCE, patience=60.0)
    entry = subscription(unit_of_work(engine, bound(rendering("cyc-"))), "cyc-")
    await declared(bus, entry)
    task = asyncio.create_task(bus.consume(entry))
    try:
        yield Consumer(bus, engine)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bus.close()
        await engine.dispose()
