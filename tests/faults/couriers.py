"""Couriers without a gateway around them, so that a test decides when each of them works."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.submission import Submission, intent_of
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.main import limits_of
from services.rapi_gateway.settings import RapiGatewaySettings
from services.rapi_gateway.store.stores import Transaction, bind
from services.rapi_gateway.usecases.courier import Courier
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.refresh import Refresher
from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import Operation
from shared.db.uow import engine_for, unit_of_work
from shared.secrets_box import SecretBox
from tests.integration.rapi_gateway.rig import KEY, QUICK, until

LIMITS = limits_of(
    RapiGatewaySettings.from_environment({}, **QUICK, database_url=SecretStr("unused"))
)


@dataclass(slots=True, kw_only=True)
class Office:
    """Hires couriers, and looks after what they work on."""

    transaction: Transaction

    def courier(self, owner: UUID, transaction: Transaction | None = None) -> Courier:
        """Return a courier of a process, with lines of its own."""
        links = Links(LIMITS, SecretBox(KEY).open)
        using = transaction or self.transaction
        return Courier(
            singly=using,
            refresher=Refresher(transaction=using, links=links),
            links=links,
            secrets=SecretBox(KEY),
            doorbell=Doorbell(),
            owner=owner,
        )

    async def cluster(self) -> Registered:
        """Return c1 as it is registered now."""
        async with self.transaction() as stores:
            return await stores.clusters.get("c1")

    async def lease(self, owner: UUID, seconds: float = 60.0) -> None:
        """Have the process hold c1; less than no seconds: until just now."""
        async with self.transaction() as stores:
            await stores.leases.renew(owner, seconds)

    async def arrived(self, operation: Operation, key: UUID) -> Submission:
        """Put a submission on record."""
        async with self.transaction() as stores:
            added = await stores.submissions.add(intent_of("c1", key, operation, None), None, 1000)
        assert added is not None
        return added

    async def row(self, key: UUID) -> Submission:
        """Return a submission as it is on record."""
        async with self.transaction() as stores:
            found = await stores.submissions.find("c1", key)
        assert found is not None
        return found

    async def carried_through(self, courier: Courier, key: UUID) -> Submission:
        """Have a courier work on a submission until it is no longer pending."""

        async def work() -> Submission | None:
            row = await self.row(key)
            if row.status is not SubmissionStatus.PENDING:
                return row
            await courier.deliver(row, await self.cluster())
            return None

        done: Submission = await until(work, 20.0)
        return done


@asynccontextmanager
async def office(database: str) -> AsyncIterator[Office]:
    """Open an office on a gateway's database."""
    engine = engine_for(database)
    opened = Office(transaction=unit_of_work(engine, bind))
    try:
        yield opened
    finally:
        await engine.dispose()
