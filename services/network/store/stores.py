"""All stores of one transaction."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.network.store.address_groups import AddressGroupStore
from services.network.store.addresses import AddressStore
from services.network.store.clusters import ClusterStore, ClusterSubnetStore
from services.network.store.default_rules import DefaultRuleStore
from services.network.store.floating_ips import FloatingIpStore
from services.network.store.grounds import GroundStore
from services.network.store.networks import NetworkStore
from services.network.store.ports import PortStore
from services.network.store.quotas import QuotaStore
from services.network.store.rbac import RbacStore
from services.network.store.reservations import ReservationStore
from services.network.store.routers import RouterStore
from services.network.store.security_groups import RuleStore, SecurityGroupStore
from services.network.store.subnet_pools import AddressScopeStore, SubnetPoolStore
from services.network.store.subnets import SubnetStore
from services.network.store.tables import drifts, idempotency, messaging
from shared.contracts.drift import SubnetsDrift
from shared.db.drifts import DriftStore
from shared.db.idempotency import Answers, Sealer
from shared.db.jobs import JobStore
from shared.db.messaging import Outbox
from shared.db.sagas import SagaStore
from shared.db.uow import UnitOfWork, unit_of_work
from shared.errors import StaleWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a use case reads and writes, in one transaction."""

    networks: NetworkStore
    subnets: SubnetStore
    grounds: GroundStore
    ports: PortStore
    addresses: AddressStore
    subnet_pools: SubnetPoolStore
    address_scopes: AddressScopeStore
    address_groups: AddressGroupStore
    rbac: RbacStore
    routers: RouterStore
    floating_ips: FloatingIpStore
    groups: SecurityGroupStore
    rules: RuleStore
    default_rules: DefaultRuleStore
    quotas: QuotaStore
    clusters: ClusterStore
    cluster_subnets: ClusterSubnetStore
    reservations: ReservationStore
    drifts: DriftStore
    outbox: Outbox
    sagas: SagaStore
    jobs: JobStore
    answers: Answers


Transaction = UnitOfWork[Stores]

# What PostgreSQL says when two transactions waited for each other, or when what a row refers to
# vanished (or its twin appeared) meanwhile: looked at again, things are clear.
TRY_AGAIN: Final = frozenset({"40P01", "40001", "23503", "23505"})


def transactions(
    engine: AsyncEngine,
    sealer: Sealer,
    quotas: Mapping[str, int],
    nudge: Callable[[], None] = lambda: None,
) -> Transaction:
    """Return the factory of the service's transactions.

    Args:
        engine: the service's database.
        sealer: encrypts stored answers.
        quotas: the limits of projects that have none of their own.
        nudge: called after each commit.
    """
    begin = unit_of_work(engine, lambda connection: _bind(connection, sealer, quotas), nudge)

    @asynccontextmanager
    async def transaction() -> AsyncIterator[Stores]:
        try:
            async with begin() as stores:
                yield stores
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in TRY_AGAIN:
                raise StaleWrite("Another request was in the way.") from error
            raise

    return transaction


def _bind(connection: AsyncConnection, sealer: Sealer, quotas: Mapping[str, int]) -> Stores:
    outbox = Outbox(connection, messaging)
    return Stores(
        networks=NetworkStore(connection),
        subnets=SubnetStore(connection),
        grounds=GroundStore(connection, quotas),
        ports=PortStore(connection),
        addresses=AddressStore(connection),
        subnet_pools=SubnetPoolStore(connection),
        address_scopes=AddressScopeStore(connection),
        address_groups=AddressGroupStore(connection),
        rbac=RbacStore(connection),
        routers=RouterStore(connection),
        floating_ips=FloatingIpStore(connection),
        groups=SecurityGroupStore(connection),
        rules=RuleStore(connection),
        default_rules=DefaultRuleStore(connection),
        quotas=QuotaStore(connection, quotas),
        clusters=ClusterStore(connection),
        cluster_subnets=ClusterSubnetStore(connection),
        reservations=ReservationStore(connection),
        drifts=DriftStore(connection, drifts, outbox, SubnetsDrift),
        outbox=outbox,
        sagas=SagaStore(connection, messaging.sagas),
        jobs=JobStore(connection, messaging.jobs),
        answers=Answers(connection, idempotency, sealer),
    )
