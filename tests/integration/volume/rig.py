"""The volume service in this process: real PostgreSQL, a bus in memory, callers by their token."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import orjson
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from cryptography.fernet import Fernet
from pydantic import SecretStr

from deploy.ganeti.storage import workers
from services.volume.main import MIGRATIONS, build
from services.volume.settings import VolumeSettings
from services.volume.store.stores import Transaction, binding
from services.volume.store.tables import (
    attachments,
    messages,
    messaging,
    metadata,
    quotas,
    snapshots,
    transfers,
    volume_type_access,
    volume_types,
    volumes,
)
from services.volume.usecases.volume_types import have_the_first
from shared.bus.contract import Delivery
from shared.bus.memory import MemoryBus
from shared.contracts.base import Envelope, Fact
from shared.contracts.ganeti import JobFailure, JobObserved, JobStatus
from shared.contracts.gateway import Cluster, ClusterChanged
from shared.db.migrate import migrate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for, unit_of_work
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.testing.identity import FakeValidator, caller
from tests.integration.volume.world import World, a_cluster, serving
from tests.parts.emptying import empty

KEY = Fernet.generate_key().decode()
Json = dict[str, Any]
outbox = messaging.outbox
KEPT = (
    volumes,
    snapshots,
    attachments,
    messages,
    volume_types,
    volume_type_access,
    transfers,
    quotas,
)
OWN, OTHER, ADMINS = "d" * 32, "e" * 32, "a" * 32
CALLERS = {
    "demo": caller(),
    "other": caller(project=OTHER),
    "reader": caller(roles=["reader"]),
    "admin": caller(project=ADMINS, roles=["admin"]),
    "nobody": caller(roles=[]),
    "nova": caller(project="5" * 32, roles=["service", "admin"]),
}


class Token:
    """A service token that is never asked of anybody."""

    async def get(self) -> str:
        """Return it."""
        return "ours"

    async def renew(self, refused: str) -> str:
        """Return it again."""
        return refused


async def to_head(url: str) -> None:
    """Migrate a database."""
    await migrate(url, MIGRATIONS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said."""

    status: int
    raw: bytes
    headers: Any

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw) if self.raw else None

    @property
    def fault(self) -> str:
        """The message of a refusal, which must be worded as Cinder's are."""
        ((_name, inner),) = self.body.items()
        assert inner["code"] == self.status
        message: str = inner["message"]
        return message


@dataclass
class Rig:
    """The service and everything around it."""

    service: Service
    http: TestClient[Any, Any]
    world: World

    @property
    def transaction(self) -> Transaction:
        """Transactions of the service, with no limits of its own."""
        return unit_of_work(self.service.parts.engine, binding({}))

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: str = "demo",
        at: str | None = None,
        raw: bytes | None = None,
        root: str = "/v3",
        service: str | None = None,
    ) -> Answer:
        """Make one call, at a microversion."""
        headers = {"X-Auth-Token": who}
        if service is not None:
            headers["X-Service-Token"] = service
        if at is not None:
            headers["OpenStack-API-Version"] = f"volume {at}"
        content = raw if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = await self.http.request(method, f"{root}{path}", data=content, headers=headers)
        return Answer(answer.status, await answer.read(), answer.headers)

    async def get(self, path: str, who: str = "demo", at: str = "3.70") -> Any:
        """Return what a GET answers, which must be 200."""
        answer = await self.call("GET", path, who=who, at=at)
        assert answer.status == 200, answer.raw
        return answer.body

    async def make(self, who: str = "demo", at: str = "3.70", **fields: Any) -> Json:
        """Create a volume, and return it."""
        given = {"size": 1, **fields}
        answer = await self.call("POST", "/volumes", {"volume": given}, who=who, at=at)
        assert answer.status == 202, answer.raw
        made: Json = answer.body["volume"]
        return made

    async def made(self, **fields: Any) -> Json:
        """Create a volume, and let it be filled."""
        ident = (await self.make(**fields))["id"]
        await self.settle()
        return await self.show(ident)

    async def show(self, ident: str, who: str = "demo", at: str = "3.70") -> Json:
        """Return a volume as it is shown."""
        shown: Json = (await self.get(f"/volumes/{ident}", who, at))["volume"]
        return shown

    async def status(self, ident: str) -> str:
        """Return the status of a volume."""
        status: str = (await self.show(ident))["status"]
        return status

    async def snapshot(self, volume_id: str, **fields: Any) -> Json:
        """Take a snapshot, and let it be taken."""
        body = {"snapshot": {"volume_id": volume_id, **fields}}
        answer = await self.call("POST", "/snapshots", body, at="3.70")
        assert answer.status == 202, answer.raw
        await self.settle()
        ident = answer.body["snapshot"]["id"]
        shown: Json = (await self.get(f"/snapshots/{ident}"))["snapshot"]
        return shown

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

    async def run_sagas(self) -> None:
        """Run sagas until every one waits or has ended."""
        assert self.service.runner is not None
        while await self.service.runner.run_once():
            pass

    async def settle(self, rounds: int = 200) -> None:
        """Run sagas to their ends; the jobs they wait for end as the gateway was told."""
        await self.run_sagas()
        for _round in range(rounds):
            live = await self.sql("SELECT 1 FROM sagas WHERE ended_at IS NULL")
            if not live:
                return
            await self.end_jobs()
            await asyncio.sleep(0)  # agents work in threads of their own
            await self.sql("UPDATE sagas SET wake_at = now() WHERE ended_at IS NULL")
            await self.run_sagas()
        raise AssertionError("a saga goes on for ever")

    async def end_jobs(self) -> None:
        """Let every job end."""
        gateway = self.world.gateway
        facts = []
        for key, (cluster, job) in gateway.jobs.items():
            failure = gateway.ended(key)
            fact = JobObserved(
                cluster=cluster,
                epoch=1,
                job_id=job,
                status=JobStatus.ERROR if failure else JobStatus.SUCCESS,
                error=JobFailure(failure=failure, text="gnt said no") if failure else None,
            )
            facts.append(fact)
        if facts:
            await self.hear(*facts)

    async def sql(self, statement: str, *arguments: object) -> list[Any]:
        """Run a statement of the test's own."""
        return list(await self.service.parts.reads.rows(statement, *arguments))

    async def messages(self) -> list[Json]:
        """Return what users were told of what went wrong, the newest first."""
        found: list[Json] = (await self.get("/messages"))["messages"]
        return found

    async def make_type(self, name: str, **fields: Any) -> Json:
        """Create a type, and return it."""
        given = {"volume_type": {"name": name, **fields}}
        answer = await self.call("POST", "/types", given, who="admin")
        assert answer.status == 200, answer.raw
        made: Json = answer.body["volume_type"]
        return made

    async def act(self, volume_id: str, name: str, with_: Any = None, **how: Any) -> Answer:
        """Ask an action of a volume."""
        return await self.call("POST", f"/volumes/{volume_id}/action", {name: with_}, **how)

    async def limit(self, project: str = OWN, **limits: int) -> None:
        """Set limits of a project."""
        path, body = f"/os-quota-sets/{project}", {"quota_set": limits}
        answer = await self.call("PUT", path, body, who="admin")
        assert answer.status == 200, answer.raw

    async def published(self) -> list[Json]:
        """Return the facts about volumes, in order."""
        rows = await self.service.parts.reads.rows("SELECT body FROM outbox ORDER BY id")
        return [orjson.loads(row["body"])["data"] for row in rows]

    async def everything(self) -> list[Any]:
        """Return all that users could change: to see that a refusal changed nothing."""
        kept: list[Any] = []
        async with self.service.parts.engine.connect() as connection:
            for table in (*KEPT, outbox):
                row = sa.cast(sa.func.to_jsonb(sa.literal_column(table.name)), sa.Text)
                found = await connection.execute(sa.select(row).select_from(table).order_by(row))
                kept.append(found.scalars().all())
        return kept

    async def reads_of(self, path: str, who: str = "demo") -> int:
        """Return how many statements a GET takes outside transactions."""
        before = self.service.parts.reads.statements
        await self.get(path, who)
        return self.service.parts.reads.statements - before

    async def forget(self) -> None:
        """Be as new: tests share a database, and nothing in it."""
        await empty(self.service.parts.engine, metadata)
        await have_the_first(self.transaction)
        self.world.end()
        fresh = World(folder=self.world.folder)
        images = self.world.images  # which the server of bytes knows
        for kept in (images.images, images.content, images.tickets):
            kept.clear()
        vars(self.world).update(vars(fresh) | {"images": images})


def _delivery(fact: Fact) -> Delivery:
    envelope = Envelope.around(fact)
    return Delivery(
        routing_key=fact.routing_key, message_id=str(envelope.id), body=envelope.to_json()
    )


def parts_of(url: str, reads: Any, http: httpx.AsyncClient) -> Parts:
    """Return the house's parts on a database."""
    nobody: Any = None  # nothing here asks Keystone
    token: Any = Token()
    return Parts(
        bus=MemoryBus(),
        http=http,
        engine=engine_for(url, size=20),
        reads=reads,
        nudge=Nudge(),
        service_token=token,
        validator=nobody,
        secrets=SecretBox(KEY),
    )


@asynccontextmanager
async def running_rig(url: str, folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Assemble the service on a migrated database.

    Args:
        url: of the database.
        folder: where storage agents keep volumes.
        settings: of the service.
    """
    world = World(folder=folder)
    transport = httpx.MockTransport(world.answer)
    reads, http = await open_reads(url), httpx.AsyncClient(transport=transport)
    parts = parts_of(url, reads, http)
    given = {"secret_key": SecretStr(KEY), "database_url": SecretStr(url)} | settings
    service = await build(VolumeSettings(**given), parts, who=FakeValidator(CALLERS))
    client = TestClient(TestServer(service.app))
    await client.start_server()
    try:
        # Agents answer when they have done what they were asked, however busy the machine is.
        with serving(world.images), patch.object(workers, "SOON", 30.0):
            yield Rig(service=service, http=client, world=world)
    finally:
        world.end()
        await client.close()
        await http.aclose()
        await reads.close()
        await parts.engine.dispose()
