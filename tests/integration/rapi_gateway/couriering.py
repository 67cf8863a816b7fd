"""A courier of its own, and submissions as it finds them, for tests of single guards."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.testing import RunningSimulator
from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.submission import Submission, intent_of
from services.rapi_gateway.ganeti.agents import Agents
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.main import limits_of
from services.rapi_gateway.settings import RapiGatewaySettings
from services.rapi_gateway.store.stores import Transaction, bind
from services.rapi_gateway.usecases.agents import AgentDesk
from services.rapi_gateway.usecases.clusters import Registrar
from services.rapi_gateway.usecases.courier import Courier
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.refresh import Refresher
from shared.contracts.gateway import ClusterState
from shared.contracts.operations import Operation
from shared.db.uow import engine_for, unit_of_work
from shared.secrets_box import SecretBox
from tests.integration.rapi_gateway.rig import KEY, QUICK, registration

LIMITS = limits_of(
    RapiGatewaySettings.from_environment({}, **QUICK, database_url=SecretStr("unused"))
)
AGENTS = Agents(SecretBox(KEY).open, connect=1.0, read=1.0)  # there are none

OPEN = frozenset({ClusterState.ENABLED})


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = engine_for(database)
    yield made
    await made.dispose()


@pytest.fixture
def transaction(engine: AsyncEngine) -> Transaction:
    return unit_of_work(engine, bind)


@pytest.fixture
def courier(transaction: Transaction) -> Courier:
    links = Links(LIMITS, SecretBox(KEY).open)
    return Courier(
        singly=transaction,
        refresher=Refresher(transaction=transaction, links=links),
        links=links,
        secrets=SecretBox(KEY),
        doorbell=Doorbell(),
        owner=uuid4(),
    )


@pytest.fixture
async def cluster(
    transaction: Transaction, courier: Courier, simulator: RunningSimulator
) -> Registered:
    registrar = Registrar(
        transaction=transaction,
        links=courier.links,
        secrets=courier.secrets,
        desk=AgentDesk(agents=AGENTS, seal=courier.secrets.seal),
        doorbell=courier.doorbell,
        connect_deadline=2.0,
    )
    await registrar.add(registration(simulator.clusters[0]))
    async with transaction() as stores:
        await stores.leases.renew(courier.owner, 60)
        return await stores.clusters.get("c1")


async def arrived(transaction: Transaction, operation: Operation, key: UUID) -> Submission:
    async with transaction() as stores:
        await stores.submissions.add(intent_of("c1", key, operation, None), None, 100)
        found = await stores.submissions.find("c1", key)
    assert found is not None
    return found


async def current(transaction: Transaction, row: Submission) -> Submission:
    async with transaction() as stores:
        found = await stores.submissions.find(row.cluster, row.key)
    assert found is not None
    return found


async def sent(transaction: Transaction, courier: Courier, row: Submission, hwm: int) -> Submission:
    async with transaction() as stores:
        claimed = await stores.submissions.claim(row, courier.owner, hwm, states=OPEN)
    assert claimed is not None
    return claimed
