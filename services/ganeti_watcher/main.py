"""The watcher, assembled. The only module that knows every other."""

from pathlib import Path

from services.ganeti_watcher.api.hints import AGENT_TOKEN, HEAR, is_hint
from services.ganeti_watcher.api.routes import READS, ROUTES
from services.ganeti_watcher.settings import WatcherSettings
from services.ganeti_watcher.store.stores import bind
from services.ganeti_watcher.store.tables import messaging
from services.ganeti_watcher.watch.supervisor import Supervisor
from shared.clients.gateway import GatewayClient
from shared.clients.http import open_client
from shared.db.uow import unit_of_work
from shared.identity.middleware import authentication
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.web.app import build_app
from shared.web.families import INTERNAL


async def build(settings: WatcherSettings, parts: Parts) -> Service:
    """Return the watcher, not yet alive."""
    app = build_app(
        INTERNAL,
        ROUTES,
        service="ganeti_watcher",
        authenticate=authentication(parts.validator, keystone_uri=settings.identity_url),
        public_paths=is_hint,
        public_url=settings.public_url,
        readiness={"database": parts.database_answers, "bus": parts.bus_is_ready},
    )
    app[READS] = parts.reads
    transaction = unit_of_work(parts.engine, bind, parts.nudge)
    http = open_client()
    gateway = GatewayClient(http, settings.gateway_url, parts.service_token, "gateway")
    supervisor = Supervisor(gateway, transaction, settings.pace)
    app[HEAR] = supervisor.hear
    app[AGENT_TOKEN] = settings.agent_token.get_secret_value()
    return Service(
        name="ganeti_watcher",
        host=settings.host,
        port=settings.port,
        app=app,
        parts=parts,
        tables=messaging,
        loops={"supervisor": supervisor.run},
        closing=(http.aclose,),
    )


DEFINITION = Definition(
    name="ganeti_watcher",
    settings=WatcherSettings,
    build=build,
    migrations=Path(__file__).parent / "store" / "migrations",
)
