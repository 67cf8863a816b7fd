"""The compute service in this process: real PostgreSQL, a bus in memory, neighbours on paper."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from aiohttp.test_utils import TestClient, TestServer
from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.compute.main import MIGRATIONS, build
from services.compute.settings import ComputeSettings
from services.compute.store.tables import flavors, metadata
from shared.bus.contract import Delivery
from shared.bus.memory import MemoryBus
from shared.contracts.base import Envelope, Fact
from shared.contracts.ganeti import (
    Failure,
    InstanceObserved,
    JobFailure,
    JobObserved,
    JobStatus,
)
from shared.contracts.gateway import Cluster, ClusterChanged
from shared.contracts.resources import ImageChanged, NetworkChanged, PortChanged
from shared.db.migrate import migrate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.testing.identity import DEMO_PROJECT, FakeValidator, caller
from tests.integration.compute.world import World, a_cluster
from tests.parts.emptying import empty

OTHER_PROJECT = "e" * 32
KEY = Fernet.generate_key().decode()
Json = dict[str, Any]

CALLERS = {
    "demo": caller(),
    "other": caller(project=OTHER_PROJECT),
    "reader": caller(roles=["reader"]),
    "admin": caller(project="a" * 32, roles=["admin"]),
}
IMAGE = "70a50000-0000-4000-8000-000000000001"
NETWORK = "4e700000-0000-4000-8000-000000000001"
FLAVOR = "1"


async def to_head(url: str) -> None:
    """Migrate a database."""
    await migrate(url, MIGRATIONS)


class Token:
    """A service token that is never asked of anybody."""

    async def get(self) -> str:
        """Return it."""
        return "ours"

    async def renew(self, refused: str) -> str:
        """Return it again."""
        return refused


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any


@dataclass
class Rig:
    """The service and everything around it."""

    service: Service
    world: World
    http: TestClient[Any, Any]
    sequence: int = 0

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: str = "demo",
        mv: str | None = None,
        **headers: str,
    ) -> Answer:
        """Make one call."""
        sent = {"X-Auth-Token": who, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if mv is not None:
            sent["OpenStack-API-Version"] = f"compute {mv}"
        content = None if body is None else orjson.dumps(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        answer = await self.http.request(method, f"/v2.1{path}", data=content, headers=sent)
        raw = await answer.read()
        return Answer(answer.status, orjson.loads(raw) if raw else None, answer.headers)

    async def get(self, path: str, **how: Any) -> Any:
        """Return what a GET answers, which must be 200."""
        answer = await self.call("GET", path, **how)
        assert answer.status == 200, answer.body
        return answer.body

    async def create(self, **fields: Any) -> str:
        """Have a server accepted; return its id."""
        answer = await self.call("POST", "/servers", a_server(**fields), mv="2.96")
        assert answer.status == 202, answer.body
        ident: str = answer.body["server"]["id"]
        return ident

    async def show(self, ident: str, **how: Any) -> Json:
        """Return a server as it is shown."""
        shown: Json = (await self.get(f"/servers/{ident}", **({"mv": "2.96"} | how)))["server"]
        return shown

    async def state(self, ident: str) -> tuple[str, str | None]:
        """Return status and task of a server."""
        shown = await self.show(ident)
        return shown["status"], shown["OS-EXT-STS:task_state"]

    async def active(self, **fields: Any) -> str:
        """Have a server that runs."""
        ident = await self.create(**fields)
        await self.run_sagas()
        await self.end_jobs()
        assert await self.state(ident) == ("ACTIVE", None)
        return ident

    async def act(self, ident: str, **action: Any) -> Answer:
        """Ask for an action."""
        return await self.call("POST", f"/servers/{ident}/action", action)

    async def hear(self, *facts: Fact) -> None:
        """Deliver facts to whoever of the service listens to them, in one batch."""
        for subscription in self.service.subscriptions:
            heard = [
                fact
                for fact in facts
                if any(each.startswith(f"{fact.resource}.") for each in subscription.bindings)
            ]
            if heard:
                await subscription.handle([_delivery(fact) for fact in heard])

    async def know_cluster(self, name: str = "athens", **changes: Any) -> Cluster:
        """Have a cluster that the service was told of."""
        cluster = a_cluster(name, **changes)
        await self.hear(ClusterChanged(cluster=cluster))
        return cluster

    async def observe(
        self, ident: str, status: str | None, *, cluster: str = "athens", **more: Any
    ) -> None:
        """Have the watcher see the server's instance; status None: it is gone."""
        self.sequence += 1
        fields: Json = {"sequence": self.sequence, "node": f"node1.{cluster}"} | more
        await self.hear(
            InstanceObserved(
                cluster=cluster,
                name=f"cyc-{ident}",
                present=status is not None,
                status=status,
                **fields,
            )
        )

    async def run_sagas(self) -> None:
        """Run sagas until every one waits or has ended."""
        assert self.service.runner is not None
        while await self.service.runner.run_once():
            pass

    async def end_jobs(self) -> None:
        """Let every job succeed that has not ended, and the sagas go on; also with new ones."""
        told: set[int] = set()
        while unheard := {job for _, job in self.world.gateway.jobs.values()} - told:
            facts = [
                JobObserved(
                    cluster=cluster,
                    epoch=1,
                    job_id=job,
                    status=JobStatus.SUCCESS,
                    result=[[f"node1.{cluster}"]],
                )
                for cluster, job in self.world.gateway.jobs.values()
                if job in unheard
            ]
            told |= unheard
            await self.hear(*facts)
            await self.wake()
            await self.run_sagas()

    async def hear_job(
        self,
        job: int,
        status: JobStatus,
        failure: Failure | None = None,
        cluster: str = "athens",
    ) -> None:
        """Have the watcher see one job."""
        error = None if failure is None else JobFailure(failure=failure, text="gnt said no")
        await self.hear(
            JobObserved(cluster=cluster, epoch=1, job_id=job, status=status, error=error)
        )

    async def fail_last_job(self, failure: Failure, text: str = "gnt said no") -> None:
        """Let the job submitted last fail, the others after it succeed, and the sagas go on."""
        cluster, job = list(self.world.gateway.jobs.values())[-1]
        error = JobFailure(failure=failure, text=text)
        await self.hear(
            JobObserved(cluster=cluster, epoch=1, job_id=job, status=JobStatus.ERROR, error=error)
        )
        await self.run_sagas()

    async def forget_pauses(self) -> None:
        """Let the pauses pass that sagas make between attempts."""
        await self.sql(
            "UPDATE sagas SET notes = notes - 'not_before', wake_at = now() WHERE ended_at IS NULL"
        )

    async def wake(self) -> None:
        """Make every saga due, as time would."""
        await self.sql("UPDATE sagas SET wake_at = now() WHERE ended_at IS NULL")

    async def sql(self, statement: str, *arguments: object) -> list[Any]:
        """Run a statement of the test's own."""
        return list(await self.service.parts.reads.rows(statement, *arguments))

    async def published(self, resource: str = "compute.server") -> list[Json]:
        """Return the facts about a kind of resource, in order."""
        rows = await self.sql(
            "SELECT body FROM outbox WHERE routing_key LIKE $1 ORDER BY id", f"{resource}.%"
        )
        return [orjson.loads(row["body"])["data"] for row in rows]

    async def forget(self) -> None:
        """Be as new: the tests of a module share a service and its database, and nothing in it."""
        await empty(self.service.parts.engine, metadata)
        vars(self.world).update(vars(World()))
        self.sequence = 0

    async def statements_of(self, question: Callable[[], Any]) -> int:
        """Return how many statements of the fast lane a question took."""
        before = self.service.parts.reads.statements
        await question()
        return self.service.parts.reads.statements - before


def _delivery(fact: Fact) -> Delivery:
    envelope = Envelope.around(fact)
    return Delivery(
        routing_key=fact.routing_key, message_id=str(envelope.id), body=envelope.to_json()
    )


def a_server(**fields: Any) -> Json:
    """Return the body that asks for a server."""
    given: Json = {"name": "web", "flavorRef": FLAVOR, "imageRef": IMAGE}
    given |= {"networks": [{"uuid": NETWORK}]}
    return {"server": given | fields}


async def furnish(rig: Rig) -> None:
    """Have a flavor, an image and a network that compute knows of."""
    async with rig.service.parts.engine.begin() as connection:
        await connection.execute(
            flavors.insert().values(
                id=FLAVOR, name="m1.small", vcpus=1, ram=2048, disk=20, extra_specs={}
            )
        )
    image = {
        "id": IMAGE, "name": "debian", "status": "active", "visibility": "public",
        "min_disk": 2, "min_ram": 0, "size": 1024, "owner": OTHER_PROJECT,
    }  # fmt: skip
    network = {
        "id": NETWORK, "name": "private", "project_id": DEMO_PROJECT, "shared": False,
        "router:external": False,
    }  # fmt: skip
    rig.world.images.images[IMAGE] = image
    rig.world.network.networks[NETWORK] = network
    await rig.hear(
        ImageChanged(verb="created", id=IMAGE, project_id=OTHER_PROJECT, version=1, document=image),
        NetworkChanged(
            verb="created", id=NETWORK, project_id=DEMO_PROJECT, version=1, document=network
        ),
    )


def port_changed(port: Json, version: int, *, verb: str = "updated") -> PortChanged:
    """Return what the network service tells of a port."""
    return PortChanged(
        verb=verb,
        id=port["id"],
        project_id=port.get("project_id", DEMO_PROJECT),
        version=version,
        document=port,
    )


def fresh_id() -> str:
    """Return an id nobody knows."""
    return str(uuid4())


def uuid(text: str) -> UUID:
    """Return the UUID in the text."""
    return UUID(text)


@asynccontextmanager
async def running_rig(url: str, **settings: Any) -> AsyncIterator[Rig]:
    """Assemble the service on a migrated database."""
    world = World()
    engine = engine_for(url, size=20)
    reads = await open_reads(url)
    http = httpx.AsyncClient(transport=httpx.MockTransport(world.answer))
    parts = Parts(
        bus=MemoryBus(),
        http=http,
        engine=engine,
        reads=reads,
        nudge=Nudge(),
        service_token=Token(),  # type: ignore[arg-type]  # stands in for Keystone
        validator=FakeValidator(CALLERS),  # type: ignore[arg-type]  # stands in for Keystone
        secrets=SecretBox(KEY),
    )
    given: Json = {
        "secret_key": SecretStr(KEY),
        "database_url": SecretStr(url),
        "public_url": "http://compute.example:8774",
    }
    service = await build(ComputeSettings(**(given | settings)), parts)
    client = TestClient(TestServer(service.app))
    await client.start_server()
    try:
        yield Rig(service=service, world=world, http=client)
    finally:
        await client.close()
        await http.aclose()
        await reads.close()
        await engine.dispose()
