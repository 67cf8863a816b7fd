"""The image service, assembled. The only module that knows every other."""

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS, Deps
from services.image.api.policy import RULES
from services.image.api.routes import ROUTES, is_public
from services.image.domain.image import ImageGone
from services.image.domain.quota import Limits
from services.image.domain.sources import SourceRules
from services.image.domain.ticket import SENDING, Signer
from services.image.effects import SAGAS
from services.image.effects.web import WebSource
from services.image.settings import ImageSettings
from services.image.store.blobs import Blobs
from services.image.store.stores import Transaction, bound
from services.image.store.tables import idempotency, messaging
from services.image.usecases.imports import Imports
from services.image.usecases.sweeping import Sweeper
from services.image.usecases.uploads import Uploads
from shared.db.idempotency import IdempotencyRows
from shared.db.sagas import saga_desk
from shared.db.uow import unit_of_work
from shared.identity.middleware import Validator, authentication
from shared.identity.policy import GLANCE_DENIAL, Policy
from shared.saga.runner import Runner
from shared.service.definition import Definition
from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.web.app import build_app
from shared.web.families import GLANCE
from shared.web.origins import admit

MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"
FAMILY: Final = GLANCE.with_statuses({ImageGone: 410})
MIB: Final = 1024 * 1024
BEATS: Final = 4  # signs of life an upload shows before its lease would be over


def limits_of(settings: ImageSettings) -> Limits:
    """Return how much one image and one project may take."""
    size, staged = (
        mib * MIB if mib >= 0 else -1
        for mib in (settings.quotas.get(f"image_{name}_total", -1) for name in ("size", "stage"))
    )
    return Limits(
        count_total=settings.quotas.get("image_count_total", -1),
        count_uploading=settings.quotas.get("image_count_uploading", -1),
        size_total=size,
        stage_total=staged,
        size_cap=settings.size_cap,
        virtual_size=settings.virtual_size_cap,
        strict_formats=settings.strict_formats,
        properties=settings.max_properties,
        tags=settings.max_tags,
        members=settings.max_members,
    )


def source_rules(settings: ImageSettings) -> SourceRules:
    """Return where images may be fetched from."""
    return SourceRules(
        schemes=frozenset(settings.import_schemes),
        ports=frozenset(settings.import_ports),
        hosts=frozenset(host.lower() for host in settings.import_hosts),
        denied_hosts=frozenset(host.lower() for host in settings.import_denied_hosts),
        networks=tuple(settings.import_networks),
    )


def assemble(
    settings: ImageSettings, parts: Parts, transaction: Transaction, threads: Executor
) -> Deps:
    """Return what handlers use.

    Args:
        settings: the service's own.
        parts: the house's.
        transaction: makes transactions.
        threads: hash and write uploads.
    """
    blobs = Blobs(settings.data_dir)
    limits = limits_of(settings)
    rules = source_rules(settings)
    uploads = Uploads(
        transaction=transaction,
        blobs=blobs,
        threads=threads,
        limits=limits,
        beat=settings.upload_lease / BEATS,
    )
    secrets = settings.secret_key.get_secret_value().split(",")
    return Deps(
        settings=settings,
        limits=limits,
        transaction=transaction,
        reads=parts.reads,
        policy=Policy(RULES, denial=GLANCE_DENIAL, overrides=settings.policy_file),
        blobs=blobs,
        uploads=uploads,
        imports=Imports(
            transaction=transaction,
            blobs=blobs,
            uploads=uploads,
            limits=limits,
            source=WebSource(rules=rules, total=settings.import_timeout, idle=settings.upload_idle),
            attempts=settings.import_attempts,
        ),
        source_rules=rules,
        signer=Signer(secrets),
        upload_signer=Signer(secrets, SENDING),
    )


def build_api(
    settings: ImageSettings, parts: Parts, deps: Deps, validator: Validator
) -> web.Application:
    """Return the HTTP side of the service."""
    app = build_app(
        FAMILY,
        ROUTES,
        service="image",
        authenticate=authentication(
            validator, keystone_uri=settings.identity_url, service_types=("image",)
        ),
        public_paths=is_public,
        idempotency=IdempotencyRows(parts.engine, idempotency, parts.secrets),
        readiness={"database": parts.database_answers, "bus": parts.bus_is_ready},
        public_url=settings.public_url,
    )
    app[DEPS] = deps
    admit(app, settings.allowed_origins)
    return app


def sweeper_of(settings: ImageSettings, parts: Parts, deps: Deps) -> Sweeper:
    """Return what cleans up behind processes that died."""
    return Sweeper(
        transaction=deps.transaction,
        blobs=deps.blobs,
        answers=IdempotencyRows(parts.engine, idempotency, parts.secrets),
        lease=timedelta(seconds=settings.upload_lease),
        keep_deleted=timedelta(days=settings.keep_deleted_days),
        pause=settings.sweep_pause,
    )


def runner_of(settings: ImageSettings, parts: Parts, deps: Deps) -> Runner[Imports]:
    """Return what runs imports."""
    begin = saga_desk(parts.engine, messaging.sagas)
    return Runner(begin, SAGAS, deps.imports, limit=settings.imports_at_once)


async def build(settings: ImageSettings, parts: Parts) -> Service:
    """Assemble the service from its settings and the house's parts."""
    threads = ThreadPoolExecutor(settings.upload_threads, thread_name_prefix="upload")
    transaction = unit_of_work(parts.engine, bound(parts.secrets), parts.nudge)
    deps = assemble(settings, parts, transaction, threads)
    await asyncio.to_thread(deps.blobs.prepare)
    return Service(
        name="image",
        host=settings.host,
        port=settings.port,
        app=build_api(settings, parts, deps, parts.validator),
        parts=parts,
        tables=messaging,
        runner=runner_of(settings, parts, deps),
        loops={"sweeper": sweeper_of(settings, parts, deps).run},
        closing=(partial(asyncio.to_thread, threads.shutdown),),
    )


DEFINITION: Final = Definition(
    name="image", settings=ImageSettings, build=build, migrations=MIGRATIONS
)
