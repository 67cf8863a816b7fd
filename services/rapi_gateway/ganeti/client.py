"""One call to RAPI: a new TLS connection, a deadline, and an answer or a classed trouble.

RAPI closes every connection after one answer, so nothing is pooled.
"""

import ssl
from dataclasses import dataclass
from typing import Any, Final

import httpx
import orjson

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.ganeti.errors import (
    NotSent,
    Unclear,
    WrongCertificate,
    trouble_in,
)
from services.rapi_gateway.ganeti.tls import context_for

LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
WRITE_DEADLINE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to RAPI, without the address it goes to."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | None = None


class RapiClient:
    """Speaks to the RAPI of one cluster, at whichever of its addresses it is told.

    Args:
        access: certificate and credential.
        connect_deadline: seconds for TCP and TLS.

    Raises:
        ValueError: the pinned PEM holds no certificate.
    """

    def __init__(self, access: Access, connect_deadline: float) -> None:
        self._http = httpx.AsyncClient(
            verify=context_for(access.ca_pem),
            auth=httpx.BasicAuth(access.username, access.password),
            limits=LIMITS,
            trust_env=False,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "cyclades"},
        )
        self._connect_deadline = connect_deadline

    async def call(self, endpoint: str, call: Call, deadline: float) -> Any:
        """Make the call and return the JSON answered.

        Args:
            endpoint: ``https://host:port``.
            call: what to ask.
            deadline: seconds for the answer, once asked.

        Raises:
            RapiTrouble: it did not end well; the class says what is known.
        """
        headers = {"Connection": "close"}
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = orjson.dumps(call.body)
        timeout = httpx.Timeout(
            deadline, connect=self._connect_deadline, write=WRITE_DEADLINE, pool=None
        )
        try:
            answer = await self._http.request(
                call.method,
                endpoint + call.path,
                params=list(call.query) or None,
                content=content,
                headers=headers,
                timeout=timeout,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as silent:
            raise _not_sent(silent) from silent
        except httpx.HTTPError as broken:
            raise Unclear(f"{type(broken).__name__}: the answer did not come.") from broken
        if answer.status_code != 200:
            raise trouble_in(answer.status_code, answer.content)
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError as garbled:
            raise Unclear("The answer is no JSON.") from garbled

    async def close(self) -> None:
        """Let go of what is open."""
        await self._http.aclose()


def _not_sent(silent: httpx.HTTPError) -> NotSent:
    cause: BaseException | None = silent
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return WrongCertificate("Its certificate is not one to trust.")
        cause = cause.__cause__ or cause.__context__
    return NotSent("It does not answer.")
