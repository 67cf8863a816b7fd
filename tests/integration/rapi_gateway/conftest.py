from collections.abc import AsyncIterator

import pytest
import structlog

from deploy.simulator.testing import RunningSimulator, running_simulator
from services.rapi_gateway.main import MIGRATIONS
from shared.db.migrate import migrate
from tests.integration.rapi_gateway.couriering import cluster, courier, engine, transaction
from tests.integration.rapi_gateway.rig import Gateway, registered, running_gateway
from tests.parts.postgres import MakesDatabases

__all__ = ["cluster", "courier", "engine", "transaction"]


@pytest.fixture(autouse=True)
def plain_tracebacks() -> None:
    """Refusals are logged with their traceback: drawn with all locals, each takes a second."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture
def database(migrated_database: MakesDatabases) -> str:
    return migrated_database("rapi_gateway", lambda url: migrate(url, MIGRATIONS))


@pytest.fixture
async def simulator() -> AsyncIterator[RunningSimulator]:
    async with running_simulator() as running:
        yield running


@pytest.fixture
async def gateway(database: str) -> AsyncIterator[Gateway]:
    async with running_gateway(database) as running:
        yield running


@pytest.fixture
async def c1(gateway: Gateway, simulator: RunningSimulator) -> str:
    """A registered cluster's name."""
    return (await registered(gateway, simulator.clusters[0])).name
