"""The volume service, assembled. The only module that knows every other."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS, Deps
from services.volume.api.policy import RULES
from services.volume.api.routes import ROUTES
from services.volume.domain.quotas import DEFAULTS
from services.volume.effects import upkeep
from services.volume.effects.cloud import Cloud
from services.volume.effects.reconciler import Reconciler, keep_reconciling
from services.volume.effects.sagas import SAGAS
from services.volume.events import news
from services.volume.settings import VolumeSettings
from services.volume.store.stores import Transaction, binding
from services.volume.store.tables import idempotency, messaging
from services.volume.usecases.connecting import Ways
from services.volume.usecases.volume_types import have_the_first
from shared.clients.gateway import GatewayClient
from shared.clients.image import ImageClient
from shared.clients.storage import StorageClient
from shared.db.idempotency import IdempotencyRows
from shared.db.sagas import saga_desk
from shared.db.uow import unit_of_work
from shared.identity.middleware import Validator, authentication
from shared.identity.policy import CINDER_DENIAL, Policy
from shared.saga.runner import Runner
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.web.app import build_app, exactly
from shared.web.families import CINDER
from shared.web.microversion import volume_microversions

MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"


def build_api(
    settings: VolumeSettings, parts: Parts, deps: Deps, answers: IdempotencyRows, who: Validator
) -> web.Application:
    """Return the HTTP side of the service."""
    app = build_app(
        CINDER,
        ROUTES,
        service="volume",
        microversions=volume_microversions(),
        authenticate=authentication(
            who, keystone_uri=settings.identity_url, service_types=("block-storage", "volumev3")
        ),
        public_paths=exactly("/", "/v3", "/v3/"),
        idempotency=answers,
        readiness={"database": parts.database_answers, "bus": parts.bus_is_ready},
        public_url=settings.public_url,
    )
    app[DEPS] = deps
    return app


async def build(settings: VolumeSettings, parts: Parts, who: Validator | None = None) -> Service:
    """Return the service, not yet alive.

    Args:
        settings: its knobs.
        parts: the house's.
        who: says whom a token belongs to; Keystone, unless a test stands in for it.
    """
    transaction = unit_of_work(parts.engine, binding({**DEFAULTS, **settings.quotas}), parts.nudge)
    await have_the_first(transaction)
    await render_old(transaction)
    token = parts.service_token
    gateway = GatewayClient(parts.http, settings.gateway_url, token, "gateway")
    storage = StorageClient(parts.http, settings.gateway_url, token, "gateway")
    images = ImageClient(parts.http, settings.image_url, token, "image")
    deps = Deps(
        settings=settings,
        transaction=transaction,
        reads=parts.reads,
        policy=Policy(RULES, denial=CINDER_DENIAL, overrides=settings.policy_file),
        images=images,
        ways=Ways(storage=storage, gateway=gateway),
    )
    cloud = Cloud(
        transaction=transaction,
        gateway=gateway,
        storage=storage,
        images=images,
        secrets=parts.secrets,
        prefix=settings.ganeti_prefix,
    )
    reconciler = Reconciler(
        transaction=transaction,
        gateway=gateway,
        storage=storage,
        apart=timedelta(seconds=settings.reconcile_every / 2),  # whichever replica looks
    )
    answers = IdempotencyRows(parts.engine, idempotency, parts.secrets)
    return Service(
        name="volume",
        host=settings.host,
        port=settings.port,
        app=build_api(settings, parts, deps, answers, who or parts.validator),
        parts=parts,
        tables=messaging,
        subscriptions=(
            news.ganeti(transaction),
            news.clusters(transaction),
            news.resources(transaction),
        ),
        runner=Runner(saga_desk(parts.engine, messaging.sagas), SAGAS, cloud),
        loops={
            "idempotency": answers.purge_forever,
            "clusters": partial(upkeep.keep_asking, transaction, gateway, storage),
            "upkeep": partial(upkeep.keep_forgetting, transaction),
            "reconciling": partial(keep_reconciling, reconciler, settings.reconcile_every),
        },
    )


async def render_old(transaction: Transaction) -> None:
    """Render the stored answers again that an older version of us wrote."""
    while True:
        async with transaction() as stores:
            if not await stores.volumes.render_old():
                return


DEFINITION: Final = Definition(
    name="volume", settings=VolumeSettings, build=build, migrations=MIGRATIONS
)
