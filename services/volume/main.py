"""The volume service, assembled. The only module that knows every other."""

from pathlib import Path
from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS, Deps
from services.volume.api.policy import RULES
from services.volume.api.routes import ROUTES
from services.volume.domain.quotas import DEFAULTS
from services.volume.settings import VolumeSettings
from services.volume.store.stores import binding
from services.volume.store.tables import idempotency, messaging
from services.volume.usecases.volume_types import have_the_first
from shared.db.idempotency import IdempotencyRows
from shared.db.uow import unit_of_work
from shared.identity.middleware import Validator, authentication
from shared.identity.policy import CINDER_DENIAL, Policy
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
    deps = Deps(
        settings=settings,
        transaction=transaction,
        reads=parts.reads,
        policy=Policy(RULES, denial=CINDER_DENIAL, overrides=settings.policy_file),
    )
    answers = IdempotencyRows(parts.engine, idempotency, parts.secrets)
    return Service(
        name="volume",
        host=settings.host,
        port=settings.port,
        app=build_api(settings, parts, deps, answers, who or parts.validator),
        parts=parts,
        tables=messaging,
        loops={"idempotency": answers.purge_forever},
    )


DEFINITION: Final = Definition(
    name="volume", settings=VolumeSettings, build=build, migrations=MIGRATIONS
)
