"""A whole gateway in this process: real PostgreSQL, a simulated Ganeti, a loopback port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import orjson
import sqlalchemy as sa
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.control import Control
from deploy.simulator.simulator import Endpoint
from services.rapi_gateway.main import build
from services.rapi_gateway.settings import RapiGatewaySettings
from shared.bus.contract import Bus
from shared.bus.memory import MemoryBus
from shared.clients.gateway import GatewayClient
from shared.contracts.gateway import Cluster, ClusterRegistration, SubmissionState, SubmissionStatus
from shared.contracts.operations import DiskSpec, InstanceCreate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.service.runtime import EVERYTHING, Role, running
from shared.testing.identity import FakeValidator, caller

KEY = Fernet.generate_key().decode()
TOKENS = {
    "service": caller(roles=["service"]),
    "admin": caller(roles=["admin"]),
    "user": caller(roles=["member"]),
}
QUICK: dict[str, Any] = {
    "port": 0,
    "answer_within": 5.0,
    "refresh_seconds": 3600.0,
    "connect_deadline": 2.0,
    "read_deadline": 5.0,
    "submit_deadline": 5.0,
    "submits_per_second": 1000.0,
    "breaker_pause": 0.05,
    "breaker_longest_pause": 0.2,
    "drained_pause": 0.1,
    "health_calm": 0.05,
    "load_seconds": 0.0,
    "lease_seconds": 2.0,
    "poll_seconds": 0.05,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running gateway, as its neighbours see it, and its database."""

    url: str
    client: GatewayClient
    http: httpx.AsyncClient
    engine: AsyncEngine

    async def ask(
        self, method: str, path: str, json: Any = None, user: str = "service"
    ) -> httpx.Response:
        headers = {"X-Auth-Token": user}
        return await self.http.request(method, self.url + path, json=json, headers=headers)

    async def sql(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        async with self.engine.begin() as connection:
            found = await connection.execute(sa.text(statement), parameters)
            return [dict(row._mapping) for row in found] if found.returns_rows else []

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.sql("SELECT routing_key, body FROM outbox ORDER BY id")
        return [
            {"verb": row["routing_key"].split(".")[2], **orjson.loads(row["body"])["data"]}
            for row in rows
            if row["routing_key"].startswith(kind)
        ]


@asynccontextmanager
async def running_gateway(
    database: str,
    roles: frozenset[Role] = EVERYTHING,
    bus: Bus | None = None,
    keys: str = KEY,
    **changes: Any,
) -> AsyncIterator[Gateway]:
    """Run a gateway on a database that has its tables."""
    settings = RapiGatewaySettings.from_environment(
        {}, **{**QUICK, "database_url": SecretStr(database), **changes}
    )
    engine = engine_for(database)
    async with httpx.AsyncClient(timeout=30) as http:
        parts = Parts(
            bus=bus or MemoryBus(),
            http=http,
            engine=engine,
            reads=await open_reads(database),
            nudge=Nudge(),
            service_token=cast(ServiceToken, None),
            validator=cast(TokenValidator, FakeValidator(TOKENS)),
            secrets=SecretBox(keys),
        )
        service = await build(settings, parts)
        inspection = engine_for(database, size=2)
        try:
            async with running(service, roles) as port:
                url = f"http://127.0.0.1:{port}"
                client = GatewayClient(http, url, OneToken(), "gateway")
                yield Gateway(url=url, client=client, http=http, engine=inspection)
        finally:  # or what a failed test leaves open fails another one
            await inspection.dispose()


class OneToken:
    """A service token that never runs out."""

    async def get(self) -> str:
        return "service"

    async def renew(self, refused: str) -> str:
        raise AssertionError(f"BUG: {refused} was refused")


def registration(endpoint: Endpoint, name: str = "c1", **changes: Any) -> ClusterRegistration:
    """Return what registers a simulated cluster."""
    given: dict[str, Any] = {
        "name": name,
        "url": endpoint.url,
        "username": endpoint.username,
        "password": SecretStr(endpoint.password),
        "ca_pem": Path(endpoint.ca_file).read_text(),
        "settle": 0.5,
    }
    return ClusterRegistration(**{**given, **changes})


def create(name: str | None = None, **changes: Any) -> InstanceCreate:
    """Return the creation of a small instance."""
    given: dict[str, Any] = {
        "instance": name or f"cyc-{uuid4()}",
        "vcpus": 1,
        "memory": 64,
        "disks": [DiskSpec(name=str(uuid4()), size=64)],
        "os": "noop+default",
    }
    return InstanceCreate(**{**given, **changes})


def jobs_marked(control: Control, key: UUID, cluster: int = 1) -> list[int]:
    """Return the simulator's jobs that carry a submission's mark."""
    state = control.site(cluster).state
    return [job_id for job_id, job in sorted(state.jobs.items()) if f"cyclades:{key}" in repr(job)]


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 60.0) -> Any:
    """Return the condition's first true value."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.02)


async def settled(gateway: Gateway, cluster: str, key: UUID) -> SubmissionState:
    """Return a submission's state once it is not pending."""

    async def look() -> SubmissionState | None:
        state = await gateway.client.submission(cluster, key)
        return None if state.status is SubmissionStatus.PENDING else state

    found: SubmissionState = await until(look)
    return found


async def registered(gateway: Gateway, endpoint: Endpoint, **changes: Any) -> Cluster:
    """Register a simulated cluster as c1."""
    return await gateway.client.register(registration(endpoint, **changes))
