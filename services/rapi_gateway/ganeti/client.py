"""One call to RAPI: a new TLS connection, a deadline, and an answer or a classed trouble."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.ganeti.errors import Unclear, trouble_in
from services.rapi_gateway.ganeti.exchange import exchange
from services.rapi_gateway.ganeti.tls import context_for

HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "cyclades",
}
JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to RAPI, without the address it goes to."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | None = None
    deadline: float | None = None  # seconds; None: that of its kind


class RapiClient:
    """Speaks to the RAPI of one cluster, at whichever of its addresses it is told.

    Args:
        access: certificate and credential.
        connect_deadline: seconds for TCP and TLS.

    Raises:
        ValueError: the pinned PEM holds no certificate.
    """

    def __init__(self, access: Access, connect_deadline: float) -> None:
        self._context = context_for(access.ca_pem)
        credential = b64encode(f"{access.username}:{access.password}".encode()).decode()
        self._headers = {**HEADERS, "Authorization": f"Basic {credential}"}
        self._connect_deadline = connect_deadline

    async def call(self, endpoint: str, call: Call, deadline: float) -> Any:
        """Make the call and return the JSON answered.

        Args:
            endpoint: ``https://host:port``.
            call: what to ask.
            deadline: seconds for the answer, once asked; all of it, however slowly it drips.

        Raises:
            RapiTrouble: it did not end well; the class says what is known.
        """
        query = f"?{urlencode(call.query)}" if call.query else ""
        try:
            async with asyncio.timeout(self._connect_deadline + deadline):
                status, body = await exchange(
                    call.method,
                    f"{endpoint}{call.path}{query}",
                    context=self._context,
                    headers=self._headers if call.body is None else self._headers | JSON,
                    body=None if call.body is None else orjson.dumps(call.body),
                    connect=self._connect_deadline,
                )
        except TimeoutError as slow:
            raise Unclear("The answer did not come to an end.") from slow
        if status != 200:
            raise trouble_in(status, body)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as garbled:
            raise Unclear("The answer is no JSON.") from garbled
