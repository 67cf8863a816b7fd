"""The network service, assembled. The only module that knows every other."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.network.api.deps import DEPS, Deps
from services.network.api.policy import RULES
from services.network.api.routes import ROUTES
from services.network.domain.errors import RevisionNumberConstraintFailed
from services.network.domain.physical import PhysicalNetwork, ranges
from services.network.domain.quota import DEFAULTS
from services.network.effects import SAGAS, upkeep
from services.network.effects.cloud import Cloud
from services.network.effects.reconciler import Reconciler, keep_reconciling
from services.network.events import ganeti, servers
from services.network.settings import NetworkSettings
from services.network.store.stores import transactions
from services.network.store.tables import idempotency, messaging
from services.network.usecases.bindings import Ganeti
from services.network.usecases.networks import Rules
from services.network.usecases.ports import Surroundings
from services.network.usecases.realisation import Ledger
from shared.clients.gateway import GatewayClient
from shared.db.idempotency import IdempotencyRows
from shared.db.sagas import saga_desk
from shared.identity.middleware import authentication
from shared.identity.policy import NEUTRON_DENIAL, Policy
from shared.saga.runner import Runner
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.web.app import build_app, exactly
from shared.web.families import NEUTRON

MIGRATIONS = Path(__file__).parent / "store" / "migrations"


async def build(settings: NetworkSettings, parts: Parts) -> Service:
    """Assemble the service.

    Args:
        settings: its own.
        parts: the house's.
    """
    quotas = {**DEFAULTS, **settings.quotas}
    transaction = transactions(parts.engine, parts.secrets, quotas, parts.nudge)
    gateway = GatewayClient(parts.http, settings.gateway_url, parts.service_token, "RAPI gateway")
    names = Ganeti(prefix=settings.ganeti_prefix, directory=gateway)

    async def database_answers() -> bool:
        return bool(await parts.reads.value("SELECT 1") == 1)

    async def bus_answers() -> bool:
        return parts.bus.is_ready()

    answers = IdempotencyRows(parts.engine, idempotency, parts.secrets)
    app = build_app(
        NEUTRON.with_statuses({RevisionNumberConstraintFailed: 412}),
        ROUTES,
        service="network",
        authenticate=authentication(
            parts.validator, keystone_uri=settings.identity_url, service_types=("network",)
        ),
        public_paths=exactly("/"),
        idempotency=answers,
        readiness={"database": database_answers, "bus": bus_answers},
        public_url=settings.public_url,
    )
    app[DEPS] = Deps(
        transaction=transaction,
        reads=parts.reads,
        policy=Policy(RULES, denial=NEUTRON_DENIAL),
        rules=Rules(pools=pools(settings), mtu=settings.mtu),
        around=Surroundings(
            ganeti=names,
            dns_domain=settings.dns_domain,
            router_port_status=settings.router_port_status,
            floating_ips_need_router=settings.floating_ips_need_router,
        ),
        quotas=quotas,
        zones=settings.availability_zones,
    )
    world = Cloud(
        gateway=gateway, records=Ledger(transaction, names), prefix=settings.ganeti_prefix
    )
    reconciler = Reconciler(
        transaction=transaction,
        gateway=gateway,
        ganeti=names,
        apart=timedelta(seconds=settings.reconcile_every / 2),  # whichever replica looks
    )
    return Service(
        name="network",
        host=settings.host,
        port=settings.port,
        app=app,
        parts=parts,
        tables=messaging,
        subscriptions=(
            ganeti.jobs(transaction),
            ganeti.instances(transaction, names),
            ganeti.clusters(transaction),
            servers.servers(transaction, names),
        ),
        runner=Runner(saga_desk(parts.engine, messaging.sagas), SAGAS, world),
        loops={
            "clusters": partial(upkeep.keep_asking, transaction, gateway),
            "forgetting": partial(upkeep.keep_forgetting, transaction),
            "answers": answers.purge_forever,
            "reconciling": partial(keep_reconciling, reconciler, settings.reconcile_every),
        },
    )


def pools(settings: NetworkSettings) -> tuple[PhysicalNetwork, ...]:
    """Return the physical networks that the settings describe."""
    return tuple(
        PhysicalNetwork(name=name, flat=each.flat, vlans=ranges(each.vlans))
        for name, each in settings.physical_networks.items()
    )


DEFINITION = Definition(
    name="network", settings=NetworkSettings, build=build, migrations=MIGRATIONS
)
