"""What our typed clients share: one bounded connection pool, deadlines, errors as our own.

A client speaks with our service token; a call made for a user's request carries the user's
token instead. Every failure becomes an error of ``shared.errors`` with the neighbour's message.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import httpx
import orjson

from shared.clients.lines import Lines
from shared.errors import (
    BadInput,
    CloudError,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotSupported,
    OverQuota,
    Unavailable,
    Unprocessable,
)

DEADLINE: Final = httpx.Timeout(20.0, connect=5.0)
CONNECTIONS: Final = 64
CONFLICT: Final = 409
KINDS: Final[Mapping[int, type[CloudError]]] = {
    400: BadInput,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: OverQuota,
    422: Unprocessable,
    501: NotSupported,
}


class TokenSource(Protocol):
    """Where our own token comes from (``shared.identity.service_token``)."""

    async def get(self) -> str:
        """Return a token that is valid for a while yet."""

    async def renew(self, refused: str) -> str:
        """Return another token than the one that was refused."""


def open_client() -> httpx.AsyncClient:
    """Return the pool a process shares among its clients; its owner closes it."""
    return httpx.AsyncClient(timeout=DEADLINE, transport=Lines(CONNECTIONS), trust_env=False)


def message_in(body: bytes) -> str:
    """Return the sentence in a fault body of any of the API families, or a piece of the body."""
    try:
        document = orjson.loads(body)
        for part in (document, *(document.values() if isinstance(document, dict) else ())):
            if isinstance(part, dict) and isinstance(part.get("message"), str):
                return str(part["message"])
    except orjson.JSONDecodeError:
        pass
    return body[:200].decode(errors="replace")


class NeighbourClient:
    """Speaks JSON with one neighbour."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, service_token: TokenSource, name: str
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._service_token = service_token
        self._name = name

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Make one call and return the JSON answered (None for an empty body).

        Args:
            method: HTTP method.
            path: from the base URL on.
            json: the body.
            params: the query.
            headers: more headers, a microversion say.
            token: the user's token; our own when absent.
            request_id: the request this call serves.
            idempotency_key: makes a repeated POST the same POST.

        Raises:
            CloudError: the neighbour refused (the kind its status means), or
                ``Unavailable``: it is down, slow or broken, or says when to come back.
        """
        sent = dict(headers or {})
        if json is not None:
            sent.setdefault("Content-Type", "application/json")
        if request_id:
            sent["X-Openstack-Request-Id"] = request_id
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        content = None if json is None else orjson.dumps(json)
        sent["X-Auth-Token"] = token or await self._service_token.get()
        answer = await self._send(method, path, content, params, sent)
        if answer.status_code == 401 and not token:  # ours was revoked: another one, once
            sent["X-Auth-Token"] = await self._service_token.renew(sent["X-Auth-Token"])
            answer = await self._send(method, path, content, params, sent)
        return self._read(answer)

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            return await self._http.request(
                method, self._base + path, content=content, params=params, headers=headers
            )
        except httpx.HTTPError as trouble:
            raise Unavailable(f"The {self._name} service does not answer.") from trouble

    def _read(self, answer: httpx.Response) -> Any:
        status = answer.status_code
        if status < 300:
            return orjson.loads(answer.content) if answer.content else None
        if status == CONFLICT and (later := answer.headers.get("Retry-After", "")).isdigit():
            # Our own earlier try is being handled, or somebody else wrote first: not for long.
            raise Unavailable(message_in(answer.content), retry_after=int(later))
        if kind := KINDS.get(status):
            raise kind(message_in(answer.content))
        raise Unavailable(f"The {self._name} service answered {status}.")
