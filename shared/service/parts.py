"""What every service is assembled from, made once from its settings."""

from dataclasses import dataclass
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.bus.contract import Bus
from shared.db.reads import Reads, open_reads
from shared.db.uow import Nudge, engine_for
from shared.identity.keystone import Credentials, Keystone
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator
from shared.secrets_box import SecretBox
from shared.settings import ServiceSettings

MISSING: Final = "Set {name}: {why}"


class SettingMissing(Exception):
    """A setting without which the service cannot run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The house's parts of one service; ``shared.service.runtime`` lets go of them at the end."""

    bus: Bus
    http: httpx.AsyncClient  # the process's pool for calls to neighbours
    engine: AsyncEngine
    reads: Reads
    nudge: Nudge
    service_token: ServiceToken
    validator: TokenValidator
    secrets: SecretBox

    async def database_answers(self) -> bool:
        """Whether the service's database answers (a readiness check)."""
        return bool(await self.reads.value("SELECT true"))

    async def bus_is_ready(self) -> bool:
        """Whether the bus would take a message now (a readiness check)."""
        return self.bus.is_ready()


async def assemble(settings: ServiceSettings, bus: Bus, http: httpx.AsyncClient) -> Parts:
    """Make the parts of a service.

    Args:
        settings: the service's own.
        bus: of the process.
        http: of the process.

    Raises:
        SettingMissing: the database's URL or the secret key is not set.
        ValueError: the secret key is not a Fernet key.
    """
    prefix = str(settings.model_config.get("env_prefix", ""))
    url = settings.database_url.get_secret_value()
    if not url:
        raise SettingMissing(MISSING.format(name=f"{prefix}DATABASE_URL", why="no default."))
    if not settings.secret_key.get_secret_value():
        why = "a Fernet key; `cyclades key` prints a new one."
        raise SettingMissing(MISSING.format(name="CYCLADES_SECRET_KEY", why=why))
    keystone = Keystone(settings.identity_url, http)
    credentials = Credentials(
        username=settings.service_user, password=settings.service_password.get_secret_value()
    )
    service_token = ServiceToken(keystone, credentials)
    return Parts(
        bus=bus,
        http=http,
        engine=engine_for(url, size=settings.database_pool),
        reads=await open_reads(url, size=settings.database_pool),
        nudge=Nudge(),
        service_token=service_token,
        validator=TokenValidator(keystone, service_token, ttl=settings.token_cache_seconds),
        secrets=SecretBox(settings.secret_key.get_secret_value()),
    )
