"""All stores of one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.store.actions import ActionStore
from services.compute.store.aggregates import AggregateStore
from services.compute.store.capacity import CapacityStore, Known
from services.compute.store.consoles import ConsoleStore
from services.compute.store.documents import Renderer
from services.compute.store.drifts import DriftStore
from services.compute.store.flavors import FlavorStore
from services.compute.store.ground import GroundStore
from services.compute.store.keypairs import KeypairStore
from services.compute.store.moves import MoveStore
from services.compute.store.nodes import NodeFlagStore
from services.compute.store.projections import ProjectionStore
from services.compute.store.quotas import QuotaStore
from services.compute.store.secrets import SecretStore
from services.compute.store.seeds import SeedStore
from services.compute.store.server_groups import ServerGroupStore
from services.compute.store.servers import ServerStore
from services.compute.store.tables import messaging
from services.compute.store.usage import UsageStore
from shared.db.jobs import JobStore
from shared.db.messaging import Inbox, Outbox
from shared.db.sagas import SagaStore
from shared.db.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a use case reads and writes, all in one transaction."""

    servers: ServerStore
    actions: ActionStore
    secrets: SecretStore
    capacity: CapacityStore
    usage: UsageStore
    ground: GroundStore
    flavors: FlavorStore
    projections: ProjectionStore
    moves: MoveStore
    keypairs: KeypairStore
    quotas: QuotaStore
    server_groups: ServerGroupStore
    aggregates: AggregateStore
    consoles: ConsoleStore
    seeds: SeedStore
    node_flags: NodeFlagStore
    drifts: DriftStore
    outbox: Outbox
    inbox: Inbox
    sagas: SagaStore
    jobs: JobStore

    @classmethod
    def on(cls, connection: AsyncConnection, render: Renderer, known: Known) -> Self:
        """Return the stores of the transaction on this connection."""
        capacity = CapacityStore(connection, known)
        return cls(
            servers=ServerStore(connection, render),
            actions=ActionStore(connection),
            secrets=SecretStore(connection),
            capacity=capacity,
            usage=UsageStore(connection),
            ground=GroundStore(connection, capacity),
            flavors=FlavorStore(connection),
            projections=ProjectionStore(connection),
            moves=MoveStore(connection),
            keypairs=KeypairStore(connection),
            quotas=QuotaStore(connection),
            server_groups=ServerGroupStore(connection),
            aggregates=AggregateStore(connection),
            consoles=ConsoleStore(connection),
            seeds=SeedStore(connection),
            node_flags=NodeFlagStore(connection),
            drifts=DriftStore(connection),
            outbox=Outbox(connection, messaging),
            inbox=Inbox(connection, messaging),
            sagas=SagaStore(connection, messaging.sagas),
            jobs=JobStore(connection, messaging.jobs),
        )


Transaction = UnitOfWork[Stores]


def bound(render: Renderer) -> Callable[[AsyncConnection], Stores]:
    """Return what binds the stores to a connection, for ``shared.db.uow.unit_of_work``."""
    known: Known = {}
    return lambda connection: Stores.on(connection, render, known)
