"""All stores of one transaction."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.store.clusters import ClusterStore
from services.rapi_gateway.store.leases import LeaseStore
from services.rapi_gateway.store.queues import QueueStore
from services.rapi_gateway.store.submissions import SubmissionStore
from services.rapi_gateway.store.tables import messaging
from shared.db.messaging import Outbox
from shared.db.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a use case writes to."""

    clusters: ClusterStore
    submissions: SubmissionStore
    queues: QueueStore
    leases: LeaseStore
    outbox: Outbox


Transaction = UnitOfWork[Stores]


def bind(connection: AsyncConnection) -> Stores:
    """Return the stores on a connection."""
    return Stores(
        clusters=ClusterStore(connection),
        submissions=SubmissionStore(connection),
        queues=QueueStore(connection),
        leases=LeaseStore(connection),
        outbox=Outbox(connection, messaging),
    )
