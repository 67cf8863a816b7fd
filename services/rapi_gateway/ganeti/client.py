"""One call to RAPI: a new TLS connection, a deadline, and an answer or a classed trouble.

RAPI closes every connection after one answer, so nothing is pooled.
"""

import asyncio
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
MOST: Final = 64 * 1024 * 1024  # bytes of an answer: some 20 000 instances with all fields


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
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "cyclades",
            },
        )
        self._connect_deadline = connect_deadline
        self._calls = 0

    @property
    def is_idle(self) -> bool:
        """Whether no call is under way."""
        return self._calls == 0

    async def call(self, endpoint: str, call: Call, deadline: float) -> Any:
        """Make the call and return the JSON answered.

        Args:
            endpoint: ``https://host:port``.
            call: what to ask.
            deadline: seconds for the answer, once asked; all of it, however slowly it drips.

        Raises:
            RapiTrouble: it did not end well; the class says what is known.
        """
        self._calls += 1
        try:
            async with asyncio.timeout(self._connect_deadline + deadline):
                status, body = await self._answer(self._request(endpoint, call, deadline))
        except TimeoutError as slow:
            raise Unclear("The answer did not come to an end.") from slow
        except (httpx.ConnectError, httpx.ConnectTimeout) as silent:
            raise _not_sent(silent) from silent
        except httpx.HTTPError as broken:
            raise Unclear(f"{type(broken).__name__}: the answer did not come.") from broken
        finally:
            self._calls -= 1
        if status != 200:
            raise trouble_in(status, body)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as garbled:
            raise Unclear("The answer is no JSON.") from garbled

    def _request(self, endpoint: str, call: Call, deadline: float) -> httpx.Request:
        headers = {"Connection": "close"}
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = orjson.dumps(call.body)
        return self._http.build_request(
            call.method,
            endpoint + call.path,
            params=list(call.query) or None,
            content=content,
            headers=headers,
            timeout=httpx.Timeout(
                deadline, connect=self._connect_deadline, write=WRITE_DEADLINE, pool=None
            ),
        )

    async def _answer(self, request: httpx.Request) -> tuple[int, bytes]:
        answer = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MOST:
                    raise Unclear("The answer is larger than any that was asked for.")
        finally:
            await answer.aclose()
        return answer.status_code, bytes(body)

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
