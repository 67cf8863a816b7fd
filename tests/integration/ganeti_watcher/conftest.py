"""A watcher's actor on one simulated cluster, with what it published at hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.testing import RunningSimulator, running_simulator
from services.ganeti_watcher.main import DEFINITION
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction, bind
from services.ganeti_watcher.store.tables import messaging
from services.ganeti_watcher.watch.actor import Actor
from services.ganeti_watcher.watch.reader import Reader
from shared.contracts.gateway import Cluster, ClusterState, Query, Rows
from shared.db.migrate import migrate
from shared.db.uow import engine_for, unit_of_work
from shared.errors import Unavailable
from tests.parts.postgres import MakesDatabases


@dataclass
class Rapi:
    """The gateway's reading side, straight onto one simulated cluster."""

    http: httpx.AsyncClient
    name: str
    epoch: int = 1
    state: ClusterState = ClusterState.ENABLED
    asked: list[str] = field(default_factory=list)

    async def clusters(self) -> list[Cluster]:
        return [
            Cluster(
                name=self.name,
                uuid="u",
                state=self.state,
                availability_zone=self.name,
                os="noop",
                disk_template="ext",
                software_version="3.0.2",
                epoch=self.epoch,
            )
        ]

    async def last_job(self, cluster: str) -> tuple[int, int]:
        assert cluster == self.name
        jobs = (await self.http.get("/2/jobs")).json()
        return self.epoch, max([int(job["id"]) for job in jobs], default=0)

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        assert cluster == self.name
        self.asked.append(resource)
        body: dict[str, Any] = {"fields": query.fields}
        if query.filter is not None:  # as the gateway asks: a name that is gone is no error
            body["qfilter"] = ["&", query.filter] if resource == "instance" else query.filter
        answer = await self.http.put(f"/2/query/{resource}", json=body)
        if answer.status_code != 200:
            raise Unavailable(answer.text)
        return Rows(rows=answer.json()["data"])

    async def submit(self, method: str, path: str, body: Any = None, **query: str) -> int:
        """Do something in Ganeti, and return the job."""
        answer = await self.http.request(method, path, json=body or {}, params=query)
        assert answer.status_code == 200, answer.text
        return int(answer.json())

    async def create(self, name: str, **query: str) -> int:
        body = {
            "__version__": 1,
            "mode": "create",
            "instance_name": name,
            "os_type": "noop+default",
            "disk_template": "ext",
            "disks": [{"size": 128, "provider": "cyclades"}],
            "nics": [],
            "beparams": {"vcpus": 1, "minmem": 128, "maxmem": 128},
            "ip_check": False,
            "name_check": False,
        }
        return await self.submit("POST", "/2/instances", body, **query)

    async def ended(self, job_id: int) -> None:
        while (await self.http.get(f"/2/jobs/{job_id}")).json()["end_ts"] is None:
            pass


@pytest.fixture
async def simulator() -> AsyncIterator[RunningSimulator]:
    async with running_simulator() as running:
        yield running


@pytest.fixture
async def rapi(simulator: RunningSimulator) -> AsyncIterator[Rapi]:
    there = simulator.clusters[0]
    async with httpx.AsyncClient(
        base_url=there.url,
        auth=(there.username, there.password),
        verify=False,  # noqa: S501  # a test's own certificate, on loopback
        timeout=10,
    ) as http:
        yield Rapi(http, there.name)


@pytest.fixture
async def engine(migrated_database: MakesDatabases) -> AsyncIterator[AsyncEngine]:
    url = migrated_database("ganeti_watcher", lambda url: migrate(url, DEFINITION.migrations))
    engine = engine_for(url, size=3)
    yield engine
    await engine.dispose()


@pytest.fixture
def transaction(engine: AsyncEngine) -> Transaction:
    return unit_of_work(engine, bind)


@dataclass
class Watched:
    """An actor, and the facts it has had published so far."""

    actor: Actor
    engine: AsyncEngine

    async def look(self) -> list[dict[str, Any]]:
        """Take one look; return the facts it led to, in order."""
        before = await self._last()
        await self.actor.look()
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                sa.select(messaging.outbox.c.routing_key, messaging.outbox.c.body)
                .where(messaging.outbox.c.id > before)
                .order_by(messaging.outbox.c.id)
            )
            return [{"key": row.routing_key} | orjson.loads(row.body)["data"] for row in rows]

    async def _last(self) -> int:
        async with self.engine.connect() as connection:
            query = sa.select(sa.func.coalesce(sa.func.max(messaging.outbox.c.id), 0))
            return int((await connection.execute(query)).scalar_one())


async def an_actor(rapi: Rapi, transaction: Transaction, owner: str = "one") -> Actor:
    """An actor with the lease, and the cursor as it was last committed."""
    actor = Actor(rapi.name, Reader(rapi, rapi.name), transaction, Pace(states=3600))
    async with transaction() as stores:
        fence = await stores.cursors.lease(rapi.name, owner)
        actor._cursor = await stores.cursors.load(rapi.name)
    assert fence is not None
    actor.fence, actor.epoch = fence, rapi.epoch
    return actor


@pytest.fixture
async def watched(rapi: Rapi, transaction: Transaction, engine: AsyncEngine) -> Watched:
    watched = Watched(await an_actor(rapi, transaction), engine)
    await watched.look()
    return watched
