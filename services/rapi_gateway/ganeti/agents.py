"""Calls to the agents on the nodes of the clusters, with the token that only the gateway has."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from services.rapi_gateway.domain.cluster import Agent
from services.rapi_gateway.ganeti.errors import NotSent, Unclear, WrongCertificate
from services.rapi_gateway.ganeti.tls import context_for
from shared.clients.lines import Lines

WRITE_DEADLINE: Final = 5.0
MOST: Final = 4 * 1024 * 1024  # bytes of an answer
CONNECTIONS: Final = 32  # to the agents of a cluster, at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A request to an agent, without the address it goes to."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an agent has answered, whatever it means."""

    status: int
    body: bytes


class Agents:
    """The agents of all clusters, as this process reaches them.

    Args:
        open_secret: opens a sealed token.
        connect: seconds for TCP and TLS.
        read: seconds for the answer.
    """

    def __init__(self, open_secret: Callable[[str], str], *, connect: float, read: float) -> None:
        self._open = open_secret
        self._timeout = httpx.Timeout(read, connect=connect, write=WRITE_DEADLINE)
        self._clients: dict[str | None, httpx.AsyncClient] = {}  # by the certificate they trust

    async def call(self, agent: Agent, node: str | None, errand: Errand) -> Reply:
        """Make the call.

        Args:
            agent: of which cluster.
            node: the address of the node whose agent is asked.
            errand: what to ask.

        Raises:
            RapiTrouble: nobody can tell what became of it, or it never left.
            ClusterRefused: the node's address is not known.
        """
        request = self._trusting(agent.ca_pem).build_request(
            errand.method,
            agent.at(node) + errand.path,
            params=list(errand.query) or None,
            content=errand.body,
            headers=self._headers(agent, errand),
            timeout=self._timeout,
        )
        try:
            return await self._answered(self._trusting(agent.ca_pem), request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as silent:
            if _is_untrusted(silent):
                raise WrongCertificate("Its certificate is not one to trust.") from silent
            raise NotSent("It does not answer.") from silent
        except httpx.HTTPError as broken:
            raise Unclear(f"{type(broken).__name__}: the answer did not come.") from broken

    async def _answered(self, client: httpx.AsyncClient, request: httpx.Request) -> Reply:
        answer = await client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MOST:
                    raise Unclear("The answer is larger than any that was asked for.")
        finally:
            await answer.aclose()
        return Reply(status=answer.status_code, body=bytes(body))

    def _headers(self, agent: Agent, errand: Errand) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._open(agent.sealed)}"}
        if errand.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _trusting(self, ca_pem: str | None) -> httpx.AsyncClient:
        client = self._clients.get(ca_pem)
        if client is None:
            client = self._clients[ca_pem] = httpx.AsyncClient(
                transport=Lines(CONNECTIONS, trust=context_for(ca_pem)),
                trust_env=False,
                follow_redirects=False,
                headers={"Accept": "application/json", "User-Agent": "cyclades"},
            )
        return client

    async def close(self) -> None:
        """Let go of what is open."""
        for client in self._clients.values():
            await client.aclose()


def _is_untrusted(silent: BaseException) -> bool:
    cause: BaseException | None = silent
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
