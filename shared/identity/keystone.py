"""The two questions we ask Keystone: give me a token, and whose token is this."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from shared.errors import Unavailable

DEADLINE: Final = httpx.Timeout(5.0, connect=2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user of ours, and the project it works in."""

    username: str
    password: str = field(repr=False)
    project_name: str = "service"
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"

    def as_request(self) -> dict[str, Any]:
        """Return the body that asks Keystone for a token."""
        user = {
            "name": self.username,
            "domain": {"name": self.user_domain_name},
            "password": self.password,
        }
        project = {"name": self.project_name, "domain": {"name": self.project_domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token Keystone gave us."""

    value: str = field(repr=False)
    expires_at: datetime


class OwnTokenRefused(Exception):
    """Keystone does not take the token we identify ourselves with."""


class Keystone:
    """Keystone v3, as far as a service needs it; every call has a deadline."""

    def __init__(
        self, url: str, http: httpx.AsyncClient, *, deadline: httpx.Timeout = DEADLINE
    ) -> None:
        self._tokens = f"{url.rstrip('/').removesuffix('/v3')}/v3/auth/tokens"
        self._http = http
        self._deadline = deadline

    async def authenticate(self, credentials: Credentials) -> IssuedToken:
        """Return a new token.

        Raises:
            Unavailable: Keystone is down, or does not take the credentials: a fault of ours.
        """
        response = await self._ask("POST", {"nocatalog": ""}, json=credentials.as_request())
        if response.status_code != 201:
            raise Unavailable("The identity service does not let this service in.")
        token = _token_in(response)
        return IssuedToken(
            value=response.headers["X-Subject-Token"],
            expires_at=datetime.fromisoformat(token["expires_at"]),
        )

    async def inspect(
        self, subject: str, *, own: str, allow_expired: bool = False
    ) -> dict[str, Any] | None:
        """Return what Keystone knows about a token; nothing when it is not valid.

        Args:
            subject: the token in question.
            own: the token of the service that asks.
            allow_expired: take a token that ran out, within Keystone's window.

        Raises:
            OwnTokenRefused: get another token of your own, and ask again.
            Unavailable: Keystone is down, slow or confused.
        """
        query = {"nocatalog": "", **({"allow_expired": "1"} if allow_expired else {})}
        headers = {
            "X-Auth-Token": own,
            "X-Subject-Token": subject,
            "OpenStack-Identity-Access-Rules": "1.0",
        }
        response = await self._ask("GET", query, headers=headers)
        match response.status_code:
            case 200:
                return _token_in(response)
            case 404:
                return None
            case 401:
                raise OwnTokenRefused
            case _:
                raise Unavailable("The identity service is unavailable.")

    async def _ask(self, method: str, query: dict[str, str], **content: Any) -> httpx.Response:
        try:
            return await self._http.request(
                method, self._tokens, params=query, timeout=self._deadline, **content
            )
        except httpx.HTTPError as down:
            raise Unavailable("The identity service is unavailable.") from down


def _token_in(response: httpx.Response) -> dict[str, Any]:
    try:
        token: dict[str, Any] = response.json()["token"]
    except (ValueError, KeyError, TypeError) as confused:
        raise Unavailable("The identity service is unavailable.") from confused
    return token
