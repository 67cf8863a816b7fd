"""The network service in this process: real PostgreSQL, a bus in memory, a gateway of paper."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.network.main import MIGRATIONS, build
from services.network.settings import NetworkSettings, PhysicalNetworkSetting
from services.network.store.tables import metadata
from shared.bus.contract import Delivery
from shared.bus.memory import MemoryBus
from shared.contracts.base import Envelope, Fact
from shared.contracts.ganeti import Failure, JobFailure, JobObserved, JobStatus
from shared.contracts.gateway import Cluster, ClusterChanged, ClusterState, Link
from shared.db.migrate import migrate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.testing.identity import FakeValidator, caller
from tests.parts.trips import trips

OTHER_PROJECT = "e" * 32
KEY = Fernet.generate_key().decode()
Json = dict[str, Any]

CALLERS = {
    "demo": caller(),
    "other": caller(project=OTHER_PROJECT),
    "reader": caller(roles=["reader"]),
    "admin": caller(project="a" * 32, roles=["admin"]),
    "service": caller(project="f" * 32, roles=["service"]),
}


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


def _emptied() -> str:
    """Return what empties all tables, but for the rules that new security groups begin with."""
    tables = [table for table in reversed(metadata.sorted_tables) if table.name != "default_rules"]
    more = "DELETE FROM default_rules WHERE remote_address_group_id IS NOT NULL"
    return "; ".join([more, *(str(sa.delete(table)) for table in tables)])


@dataclass
class PaperGateway:
    """Takes submissions as the gateway does, and does nothing; the test says how jobs end."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    submissions: dict[str, Json] = field(default_factory=dict)  # key -> operation
    jobs: dict[str, int] = field(default_factory=dict)  # key -> job

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one call."""
        parts = request.url.path.split("/")[2:]
        if len(parts) == 1:
            every = [each.model_dump(mode="json") for each in self.clusters.values()]
            return httpx.Response(200, json={"clusters": every})
        cluster = self.clusters.get(parts[1])
        if cluster is None:
            return httpx.Response(404, json={"error": {"message": "No such cluster."}})
        if len(parts) == 2:
            return httpx.Response(200, json={"cluster": cluster.model_dump(mode="json")})
        key = parts[3]
        self.submissions.setdefault(key, orjson.loads(request.content)["operation"])
        job = self.jobs.setdefault(key, len(self.jobs) + 1)
        state = {"cluster": parts[1], "key": key, "status": "accepted", "epoch": 1, "job_id": job}
        return httpx.Response(200, json=state)

    @property
    def operations(self) -> list[Json]:
        """What was submitted, in order."""
        return list(self.submissions.values())


@dataclass
class Rig:
    """The service and everything around it."""

    service: Service
    gateway: PaperGateway
    http: TestClient[Any, Any]

    async def call(
        self, who: str, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any]:
        """Make one call; return the status and the JSON answered."""
        sent = {"X-Auth-Token": who, **{k.replace("_", "-"): v for k, v in headers.items()}}
        content = None if body is None else orjson.dumps(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        answer = await self.http.request(method, f"/v2.0{path}", data=content, headers=sent)
        raw = await answer.read()
        return answer.status, orjson.loads(raw) if raw else None

    async def get(self, path: str, who: str = "demo") -> Any:
        """Return what a GET answers, which must be 200."""
        status, answer = await self.call(who, "GET", path)
        assert status == 200, answer
        return answer

    async def make(self, collection: str, who: str = "demo", **fields: Any) -> Json:
        """Create one thing, and return it."""
        singular = collection.removesuffix("s").replace("-", "_")
        status, answer = await self.call(who, "POST", f"/{collection}", {singular: fields})
        assert status == 201, answer
        made: Json = answer[singular]
        return made

    async def network(
        self, cidr: str | None = "10.0.0.0/24", who: str = "demo", **fields: Any
    ) -> tuple[Json, Json]:
        """Create a network with one subnet."""
        network = await self.make("networks", who, name="net", **fields)
        if cidr is None:
            return network, {}
        version = 6 if ":" in cidr else 4
        subnet = await self.make(
            "subnets", who, network_id=network["id"], cidr=cidr, ip_version=version
        )
        return network, subnet

    async def hear(self, *facts: Fact) -> None:
        """Deliver facts to whoever of the service listens to them, in one batch."""
        deliveries = [
            Delivery(
                routing_key=fact.routing_key,
                message_id=str(envelope.id),
                body=envelope.to_json(),
            )
            for fact in facts
            for envelope in [Envelope.around(fact)]
        ]
        listening = [
            each
            for each in self.service.subscriptions
            if each.bindings[0].startswith(f"{facts[0].resource}.")
        ]
        assert listening, "nobody listens to that"
        for subscription in listening:
            await subscription.handle(deliveries)

    async def know_cluster(self, name: str = "athens", **changes: Any) -> Cluster:
        """Have a cluster that the service was told of."""
        cluster = a_cluster(name, **changes)
        self.gateway.clusters[name] = cluster
        await self.hear(ClusterChanged(cluster=cluster))
        return cluster

    async def run_sagas(self) -> None:
        """Run sagas until every one waits or has ended."""
        assert self.service.runner is not None
        while await self.service.runner.run_once():
            pass

    async def end_jobs(
        self, status: JobStatus = JobStatus.SUCCESS, failure: Failure | None = None
    ) -> None:
        """Let every job there is end, and the sagas go on."""
        error = None if failure is None else JobFailure(failure=failure)
        facts = [
            JobObserved(cluster="athens", epoch=1, job_id=job, status=status, error=error)
            for job in self.gateway.jobs.values()
        ]
        await self.hear(*facts)
        await self.run_sagas()

    async def settle(self) -> None:
        """Run sagas, with every job a success, until nothing is left to do."""
        for _round in range(6):
            await self.run_sagas()
            if self.gateway.jobs:
                await self.end_jobs()

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Note every round trip the service makes to its database inside the block."""
        with trips() as noted:
            yield noted

    async def forget(self) -> None:
        """Begin anew: tests share a service and its database, and nothing in them."""
        async with self.service.parts.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.execute(_emptied())
        for known in (self.gateway.clusters, self.gateway.submissions, self.gateway.jobs):
            known.clear()

    async def published(self, resource: str) -> list[Json]:
        """Return the facts about a kind of resource, in order."""
        rows = await self.service.parts.reads.rows(
            "SELECT body FROM outbox WHERE routing_key LIKE $1 ORDER BY id", f"{resource}.%"
        )
        return [orjson.loads(row["body"])["data"] for row in rows]


def a_cluster(name: str = "athens", **changes: Any) -> Cluster:
    """Return a cluster with one node group that has physnet1 on br0."""
    given: Json = {
        "name": name,
        "uuid": str(UUID(int=7)),
        "state": ClusterState.ENABLED,
        "availability_zone": "az1",
        "links": {"physnet1": Link(mode="bridged", link="br0")},
        "os": "cyclades+default",
        "disk_template": "plain",
        "software_version": "3.0.2",
        "groups": ["default"],
        "version": 1,
    }
    return Cluster(**(given | changes))


def server_nics(*ports: Json) -> Sequence[Json]:
    """Return the NICs an instance has for the ports."""
    return [{"name": port["id"]} for port in ports]


@asynccontextmanager
async def running_rig(url: str, **settings: Any) -> AsyncIterator[Rig]:
    """Assemble the service on a migrated database."""
    gateway = PaperGateway()
    engine = engine_for(url, size=20)
    reads = await open_reads(url)
    http = httpx.AsyncClient(transport=httpx.MockTransport(gateway.answer))
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
        "physical_networks": {
            "physnet1": PhysicalNetworkSetting(flat=True, vlans=("100-120",)),
            "physnet2": PhysicalNetworkSetting(flat=True),
        },
    }
    service = await build(NetworkSettings(**(given | settings)), parts)
    client = TestClient(TestServer(service.app))
    await client.start_server()
    try:
        yield Rig(service=service, gateway=gateway, http=client)
    finally:
        await client.close()
        await http.aclose()
        await reads.close()
        await engine.dispose()
