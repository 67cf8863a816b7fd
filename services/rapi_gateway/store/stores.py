"""All stores of one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.rapi_gateway.store.clusters import ClusterStore
from services.rapi_gateway.store.leases import LeaseStore
from services.rapi_gateway.store.loads import LoadStore
from services.rapi_gateway.store.queues import QueueStore
from services.rapi_gateway.store.submissions import SubmissionStore
from services.rapi_gateway.store.tables import messaging
from shared.db.database import database
from shared.db.messaging import Outbox
from shared.db.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a use case writes to."""

    clusters: ClusterStore
    submissions: SubmissionStore
    queues: QueueStore
    leases: LeaseStore
    loads: LoadStore
    outbox: Outbox


Transaction = UnitOfWork[Stores]


def bind(connection: AsyncConnection) -> Stores:
    """Return the stores on a connection."""
    return Stores(
        clusters=ClusterStore(connection),
        submissions=SubmissionStore(connection),
        queues=QueueStore(connection),
        leases=LeaseStore(connection),
        loads=LoadStore(connection),
        outbox=Outbox(connection, messaging),
    )


def single_statements(engine: AsyncEngine) -> Transaction:
    """Return what lends stores on which each statement is a transaction by itself."""
    lend = database(engine).by_itself

    @asynccontextmanager
    async def begin() -> AsyncIterator[Stores]:
        async with lend() as connection:
            yield bind(cast(AsyncConnection, connection))  # lean: what stores use, it has

    return begin
