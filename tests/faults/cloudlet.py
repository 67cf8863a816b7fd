"""A gateway and simulated clusters for one fault: what most of these tests need."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from deploy.simulator.control import Control
from deploy.simulator.testing import RunningSimulator, running_simulator
from services.rapi_gateway.main import MIGRATIONS
from shared.contracts.gateway import Cluster, SubmissionState
from shared.contracts.operations import Operation
from shared.db.migrate import migrate
from tests.integration.rapi_gateway.rig import (
    Gateway,
    jobs_marked,
    registration,
    running_gateway,
    settled,
    until,
)
from tests.parts.postgres import MakesDatabases

SCALED: dict[str, Any] = {"answer_within": 0.2, "lease_seconds": 0.8}  # seconds, for tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloudlet:
    """A gateway with its clusters c1, c2, … registered."""

    gateway: Gateway
    simulator: RunningSimulator
    database: str

    @property
    def admin(self) -> Control:
        """Faults, and the truth."""
        return self.simulator.admin

    async def submit(self, operation: Operation, key: UUID | None = None) -> SubmissionState:
        """Submit to c1."""
        return await self.gateway.client.submit("c1", key or uuid4(), operation)

    async def settled(self, key: UUID | str, cluster: str = "c1") -> SubmissionState:
        """Return what became of a submission."""
        return await settled(self.gateway, cluster, UUID(str(key)))

    def jobs(self, key: UUID | str, cluster: int = 1) -> list[int]:
        """Return the jobs Ganeti had for a submission."""
        return jobs_marked(self.admin, UUID(str(key)), cluster)

    async def job_ends(self, job: int | None, cluster: int = 1) -> str:
        """Return how a job ended, by the simulator's own word."""

        async def look() -> str | None:
            status = self.admin.site(cluster).state.jobs[job or 0].ops[-1].status
            return status if status in {"success", "error", "canceled"} else None

        found: str = await until(look)
        return found

    async def until_cluster(self, condition: Callable[[Cluster], bool]) -> Cluster:
        """Return c1 once the cloud was told that it is so."""

        async def look() -> Cluster | None:
            cluster = await self.gateway.client.cluster("c1")
            return cluster if condition(cluster) else None

        found: Cluster = await until(look)
        return found


def gateway_database(databases: MakesDatabases) -> str:
    """Return the URL of a database with the gateway's tables."""
    return databases("rapi_gateway", lambda url: migrate(url, MIGRATIONS))


@asynccontextmanager
async def cloudlet(
    databases: MakesDatabases, *, simulated: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Cloudlet]:
    """Run a gateway with its clusters; a lost submission is sent again after half a second."""
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(running_simulator(**(simulated or {})))
        database = gateway_database(databases)
        gateway = await stack.enter_async_context(
            running_gateway(database, **{**SCALED, **settings})
        )
        for number, endpoint in enumerate(simulator.clusters, 1):
            await gateway.client.register(registration(endpoint, f"c{number}"))
        yield Cloudlet(gateway=gateway, simulator=simulator, database=database)
