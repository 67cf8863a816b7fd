"""Who the administrator is, and the way to the gateway."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from shared.clients.gateway import GatewayClient
from shared.clients.http import open_client
from shared.identity.keystone import Credentials, Keystone
from shared.identity.service_token import ServiceToken

GATEWAY: Final = "http://127.0.0.1:8790"
NEEDED: Final = ("OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME")


class NotLoggedIn(Exception):
    """Variables that say who is asking are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What the environment says of the administrator."""

    auth_url: str
    gateway_url: str
    credentials: Credentials = field(repr=False)


def login_from(environment: Mapping[str, str]) -> Login:
    """Return the login that ``OS_*`` and ``CYCLADES_GATEWAY_URL`` describe.

    Raises:
        NotLoggedIn: some of them are missing; names them.
    """
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise NotLoggedIn(f"{', '.join(missing)} not set.")
    return Login(
        auth_url=environment["OS_AUTH_URL"],
        gateway_url=environment.get("CYCLADES_GATEWAY_URL") or GATEWAY,
        credentials=Credentials(
            username=environment["OS_USERNAME"],
            password=environment["OS_PASSWORD"],
            project_name=environment["OS_PROJECT_NAME"],
            user_domain_name=environment.get("OS_USER_DOMAIN_NAME") or "Default",
            project_domain_name=environment.get("OS_PROJECT_DOMAIN_NAME") or "Default",
        ),
    )


@asynccontextmanager
async def gateway_for(login: Login) -> AsyncIterator[GatewayClient]:
    """Yield a client of the gateway that speaks for the administrator."""
    async with open_client() as http:
        token = ServiceToken(Keystone(login.auth_url, http), login.credentials)
        yield GatewayClient(http, login.gateway_url, token, "gateway")
