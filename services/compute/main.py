"""The compute service, assembled. The only module that knows every other."""

from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS, Deps
from services.compute.api.policy import RULES
from services.compute.api.proxy.app import Proxying, serve
from services.compute.api.routes import ROUTES, is_public
from services.compute.api.views.servers import rendering
from services.compute.effects import upkeep
from services.compute.effects.cloud import Cloud
from services.compute.effects.reconciler import Reconciler, keep_healing, keep_verifying
from services.compute.effects.sagas import SAGAS
from services.compute.events import clusters, ganeti, resources
from services.compute.settings import ComputeSettings
from services.compute.store.stores import Transaction, bound
from services.compute.store.tables import idempotency, messaging
from services.compute.usecases.consoles import Consoles
from services.compute.usecases.neighbours import Neighbours
from services.compute.usecases.placing import Placing
from services.compute.usecases.proxied import Proxied
from shared.clients.gateway import GatewayClient
from shared.clients.image import ImageClient
from shared.clients.network import NetworkClient
from shared.clients.volume import VolumeClient
from shared.db.idempotency import IdempotencyRows
from shared.db.sagas import saga_desk
from shared.db.uow import unit_of_work
from shared.identity.middleware import Validator, authentication
from shared.identity.policy import NOVA_DENIAL, Policy
from shared.saga.runner import Runner
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Loop, Service
from shared.web.app import build_app
from shared.web.families import NOVA
from shared.web.microversion import compute_microversions

MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"


def build_api(
    settings: ComputeSettings, parts: Parts, deps: Deps, validator: Validator
) -> web.Application:
    """Return the HTTP side of the service."""

    async def database_answers() -> bool:
        return bool(await parts.reads.value("SELECT true"))

    async def bus_is_ready() -> bool:
        return parts.bus.is_ready()

    app = build_app(
        NOVA,
        ROUTES,
        service="compute",
        microversions=compute_microversions(),
        authenticate=authentication(
            validator, keystone_uri=settings.identity_url, service_types=("compute",)
        ),
        public_paths=is_public,
        idempotency=IdempotencyRows(parts.engine, idempotency, parts.secrets),
        readiness={"database": database_answers, "bus": bus_is_ready},
        public_url=settings.public_url,
    )
    app[DEPS] = deps
    return app


def transactions(settings: ComputeSettings, parts: Parts) -> Transaction:
    """Return the factory of the service's transactions."""
    return unit_of_work(parts.engine, bound(rendering(settings.ganeti_prefix)), parts.nudge)


async def build(settings: ComputeSettings, parts: Parts) -> Service:
    """Assemble the service from its settings and the house's parts."""
    token = parts.service_token
    network = NetworkClient(parts.http, settings.network_url, token, "network")
    image = ImageClient(parts.http, settings.image_url, token, "image")
    volume = VolumeClient(parts.http, settings.volume_url, token, "volume")
    transaction = transactions(settings, parts)
    placing = Placing(
        filters=settings.scheduler_filters,
        weighers=settings.scheduler_weighers,
        group_tag_prefix=settings.group_tag_prefix,
    )
    gateway = GatewayClient(parts.http, settings.gateway_url, token, "gateway")
    cloud = Cloud(
        transaction=transaction,
        gateway=gateway,
        networks=network,
        images=image,
        volumes=volume,
        secrets=parts.secrets,
        placing=placing,
        prefix=settings.ganeti_prefix,
        os_type=settings.os_type,
        tries=settings.placement_tries,
        stop_timeout=settings.stop_timeout,
        seed_drive=settings.seed_drive,
        seed_seconds=settings.seed_seconds,
        node_url=settings.node_url or settings.public_url or own_url(settings),
    )
    reconciler = Reconciler(
        transaction=transaction,
        gateway=gateway,
        prefix=settings.ganeti_prefix,
        group_tags=settings.group_tag_prefix,
    )
    consoles = Consoles(
        transaction=transaction,
        screens=gateway,
        prefix=settings.ganeti_prefix,
        lifetime=settings.console_token_seconds,
    )
    deps = Deps(
        settings=settings,
        transaction=transaction,
        placing=placing,
        reads=parts.reads,
        policy=Policy(RULES, denial=NOVA_DENIAL, overrides=settings.policy_file),
        secrets=parts.secrets,
        neighbours=Neighbours(images=image, networks=network, volumes=volume, jobs=gateway),
        consoles=consoles,
        proxied=Proxied(images=image, networks=network),
    )
    return Service(
        name="compute",
        host=settings.host,
        port=settings.port,
        app=build_api(settings, parts, deps, parts.validator),
        tables=messaging,
        parts=parts,
        subscriptions=(
            ganeti.subscription(transaction, settings.ganeti_prefix),
            clusters.subscription(transaction),
            resources.subscription(transaction),
        ),
        runner=Runner(saga_desk(parts.engine, messaging.sagas), SAGAS, cloud),
        loops={
            "clusters": partial(upkeep.keep_asking, transaction, gateway),
            "confirming": partial(
                upkeep.keep_confirming, transaction, settings.resize_confirm_window
            ),
            "upkeep": partial(upkeep.keep_forgetting, transaction),
            "healing": partial(keep_healing, reconciler, settings.reconcile_every),
            "verifying": partial(keep_verifying, reconciler, settings.verify_every),
            **console_proxy(settings, consoles),
        },
    )


def own_url(settings: ComputeSettings) -> str:
    """Return where we listen, for want of a better address."""
    return f"http://{settings.host}:{settings.port}"


def console_proxy(settings: ComputeSettings, consoles: Consoles) -> dict[str, Loop]:
    """Return the loop that shows screens, where a port is set for it."""
    if settings.console_port is None:
        return {}
    proxying = Proxying(
        redeem=consoles.redeem,
        novnc=settings.novnc,
        origins=settings.console_origins,
        most=settings.console_most,
        idle=settings.console_idle_seconds,
    )
    return {"consoles": partial(serve, proxying, settings.host, settings.console_port)}


DEFINITION: Final = Definition(
    name="compute", settings=ComputeSettings, build=build, migrations=MIGRATIONS
)
