"""A watcher's actor on one simulated cluster, with what it published at hand: a part of tests."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.testing import RunningSimulator, running_simulator
from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.main import DEFINITION
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction, bind
from services.ganeti_watcher.store.tables import messaging
from services.ganeti_watcher.watch.actor import Actor, Lease
from services.ganeti_watcher.watch.reader import Reader
from services.rapi_gateway.ganeti.tls import context_for
from shared.clients.lines import Lines
from shared.contracts.ganeti import FINAL
from shared.contracts.gateway import AcceptedJob, Cluster, ClusterState, Query, Rows
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
    uuid: str = "u"
    asked: list[str] = field(default_factory=list)
    promised: list[tuple[int, int, str]] = field(default_factory=list)  # epoch, job, key
    broken: list[str] = field(default_factory=list)

    async def clusters(self) -> list[Cluster]:
        return [
            Cluster(
                name=self.name,
                uuid=self.uuid,
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

    async def accepted(self, cluster: str, epoch: int, after: int) -> list[AcceptedJob]:
        assert cluster == self.name
        return [
            AcceptedJob(job_id=job_id, key=key)
            for of, job_id, key in self.promised
            if of == epoch and job_id > after
        ]

    async def break_history(self, cluster: str, after: int, reason: str) -> tuple[int, int]:
        self.broken.append(reason)
        if after == self.epoch:
            self.epoch += 1
        return await self.last_job(cluster)

    async def heartbeat(self, cluster: str) -> tuple[int, int]:
        assert cluster == self.name
        return self.epoch, await self.submit(
            "PUT", "/2/tags", tag="cyclades:heartbeat", **{"dry-run": "1"}
        )

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
        transport=Lines(8, trust=context_for(there.ca_file.read_text())),
        timeout=60,
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


Fact = dict[str, Any]


@dataclass
class Watched:
    """An actor, and the facts it has had published so far."""

    actor: Actor
    engine: AsyncEngine
    clock: list[float]

    async def look(self, *hints: Hint) -> list[Fact]:
        """Take one look at the jobs; return the facts it led to, in order."""
        return await self._facts_of(self.actor.following.look(hints))

    async def catch_up(self) -> list[Fact]:
        """Look until nothing is left that happened while nobody looked."""
        facts = await self.look()
        while self.actor.following.behind:
            facts += await self.look()
        return facts

    async def states(self) -> list[Fact]:
        """Take one look at all instances."""
        return await self._facts_of(self.actor.states.look())

    async def until_ended(self, *job_ids: int) -> list[Fact]:
        """Look until these jobs have ended and were told."""
        facts: list[Fact] = []
        ended: set[int] = set()
        while not ended.issuperset(job_ids):
            news = await self.look()
            facts += news
            ended |= {fact["job_id"] for fact in news if fact.get("status") in FINAL}
        return facts

    async def _facts_of(self, looking: Awaitable[Any]) -> list[Fact]:
        before = await self._last()
        await looking
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


async def an_actor(
    rapi: Rapi, transaction: Transaction, owner: str = "one", clock: list[float] | None = None
) -> Actor:
    """An actor with the lease, and everything as it was last committed."""
    async with transaction() as stores:
        held = await stores.leases.hold(owner, [rapi.name])
    lease = Lease(cluster=rapi.name, fence=held.fences[rapi.name], uuid=rapi.uuid, epoch=rapi.epoch)
    at = clock or [1000.0]
    pace = Pace(states=3600, heartbeat=0)
    actor = Actor(lease, Reader(rapi, rapi.name), transaction, pace, now=lambda: at[0])
    await actor.load()
    return actor


async def watching(
    rapi: Rapi, transaction: Transaction, engine: AsyncEngine, owner: str = "one"
) -> Watched:
    """A new watcher of the cluster, which has not looked yet."""
    clock = [1000.0]
    return Watched(await an_actor(rapi, transaction, owner, clock), engine, clock)


@pytest.fixture
async def watched(rapi: Rapi, transaction: Transaction, engine: AsyncEngine) -> Watched:
    watched = await watching(rapi, transaction, engine)
    await watched.look()
    return watched
