"""Assembles the gateway from its settings."""

from pathlib import Path
from typing import Final

from services.rapi_gateway.api.deps import DEPS, Deps
from services.rapi_gateway.api.routes import ROUTES
from services.rapi_gateway.domain.health import Rules
from services.rapi_gateway.ganeti.agents import Agents
from services.rapi_gateway.ganeti.link import Limits
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.settings import RapiGatewaySettings
from services.rapi_gateway.store.clusters import ClusterDocuments
from services.rapi_gateway.store.conditions import ClusterConditions
from services.rapi_gateway.store.stores import bind, single_statements
from services.rapi_gateway.store.tables import messaging
from services.rapi_gateway.usecases.agents import AgentDesk
from services.rapi_gateway.usecases.asking import Asking
from services.rapi_gateway.usecases.clusters import Registrar
from services.rapi_gateway.usecases.courier import Courier
from services.rapi_gateway.usecases.dispatch import Dispatcher, Pace
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.gauges import Gauges
from services.rapi_gateway.usecases.histories import Histories
from services.rapi_gateway.usecases.holdings import Holdings
from services.rapi_gateway.usecases.loads import Loads
from services.rapi_gateway.usecases.refresh import Refresher
from services.rapi_gateway.usecases.resealing import Resealing
from services.rapi_gateway.usecases.screens import Screens
from services.rapi_gateway.usecases.status import Overview
from services.rapi_gateway.usecases.storage import Storage
from services.rapi_gateway.usecases.submit import Reception
from shared.db.uow import unit_of_work
from shared.identity.middleware import authentication
from shared.ids import new_uuid
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.web.app import build_app
from shared.web.families import INTERNAL

NAME: Final = "rapi_gateway"
MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"


def limits_of(settings: RapiGatewaySettings) -> Limits:
    """Return how much of each cluster the settings allow us to take."""
    return Limits(
        connect=settings.connect_deadline,
        read=settings.read_deadline,
        submit=settings.submit_deadline,
        mutations=settings.mutations,
        reads=settings.reads,
        watches=settings.watches,
        rate=settings.submits_per_second,
        burst=settings.submit_burst,
        rules=Rules(
            failures=settings.breaker_failures,
            pause=settings.breaker_pause,
            longest_pause=settings.breaker_longest_pause,
            drained_pause=settings.drained_pause,
        ),
    )


async def build(settings: RapiGatewaySettings, parts: Parts) -> Service:
    """Return the service, not yet alive."""
    transaction = unit_of_work(parts.engine, bind, parts.nudge)
    quietly = unit_of_work(parts.engine, bind)
    singly = single_statements(parts.engine)
    doorbell = Doorbell()
    links = Links(limits_of(settings), parts.secrets.open)
    refresher = Refresher(transaction=transaction, links=links)
    agents = Agents(
        parts.secrets.open, connect=settings.connect_deadline, read=settings.agent_deadline
    )
    asking = Asking(quietly=quietly, refresher=refresher)
    storage = Storage(asking=asking, agents=agents)
    courier = Courier(
        singly=singly,
        refresher=refresher,
        links=links,
        secrets=parts.secrets,
        doorbell=doorbell,
        owner=new_uuid(),
    )
    dispatcher = Dispatcher(
        singly=singly,
        holdings=Holdings(
            singly=singly,
            owner=courier.owner,
            lease=settings.lease_seconds,
            keep_days=settings.keep_days,
            doorbell=doorbell,
        ),
        courier=courier,
        refresher=refresher,
        doorbell=doorbell,
        gauges=Gauges(links=links),
        loads=Loads(
            transaction=transaction,
            links=links,
            owner=courier.owner,
            pause=settings.load_seconds,
        ),
        resealing=Resealing(transaction=quietly, secrets=parts.secrets),
        pace=Pace(
            poll=settings.poll_seconds,
            refresh=settings.refresh_seconds,
            calm=settings.health_calm,
        ),
    )
    deps = Deps(
        reception=Reception(
            singly=singly,
            seal=parts.secrets.seal,
            doorbell=doorbell,
            patience=settings.answer_within,
            queue_limit=settings.queue_limit,
        ),
        registrar=Registrar(
            transaction=transaction,
            links=links,
            secrets=parts.secrets,
            desk=AgentDesk(agents=agents, seal=parts.secrets.seal),
            doorbell=doorbell,
            connect_deadline=settings.connect_deadline,
        ),
        asking=asking,
        histories=Histories(transaction=transaction, quietly=quietly, asking=asking),
        storage=storage,
        screens=Screens(asking=asking, storage=storage),
        documents=ClusterDocuments(parts.reads),
        overview=Overview(conditions=ClusterConditions(parts.reads), links=links),
    )

    app = build_app(
        INTERNAL,
        ROUTES,
        service=NAME,
        authenticate=authentication(parts.validator, keystone_uri=settings.identity_url),
        readiness={"database": parts.database_answers, "bus": parts.bus_is_ready},
        public_url=settings.public_url,
    )
    app[DEPS] = deps
    return Service(
        name=NAME,
        host=settings.host,
        port=settings.port,
        app=app,
        parts=parts,
        tables=messaging,
        loops={"dispatch": dispatcher.run},
        closing=(agents.close,),
    )


DEFINITION = Definition(name=NAME, settings=RapiGatewaySettings, build=build, migrations=MIGRATIONS)
