"""Fetches from the web, for users, from inside: to checked addresses only, hop by hop.

A name is resolved once, and what it led to is what is connected to: between a check and its use
there is no second look-up that could answer something else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import AddressFamily
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

from services.image.domain.sources import SourceRefused, SourceRules
from services.image.usecases.sources import Coming, SourceDown, checked_url

CHUNK: Final = 1024 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PASSING: Final = frozenset({408, 425, 429})  # refusals that may pass
HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "cyclades-image"}


class AddressRefused(OSError):
    """The name leads to where nothing is fetched from."""


class CheckedResolver(AbstractResolver):
    """Resolves names, to addresses that may be connected to.

    Args:
        rules: which those are.
        inner: looks names up.
    """

    def __init__(self, rules: SourceRules, inner: AbstractResolver) -> None:
        self._rules = rules
        self._inner = inner

    @override
    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of the name; if one is not allowed, none is."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            if not self._rules.allows_address(each["host"]):
                raise AddressRefused(f"{host} is inside")
        return found

    @override
    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """Fetches by HTTP.

    Args:
        rules: where from.
        total: seconds for everything.
        idle: seconds without a byte.
        redirects: how many are followed, each to where rules allow.
    """

    rules: SourceRules
    total: float
    idle: float
    redirects: int = 3

    @asynccontextmanager
    async def open(self, uri: str) -> AsyncIterator[Coming]:
        """Ask for the bytes at the URL.

        Raises:
            SourceRefused: it is none to fetch from, or has nothing.
            SourceDown: it does not answer now, or breaks off.
        """
        try:
            async with self._session() as session:
                response = await self._follow(session, uri)
                async with response:
                    _check(response)
                    yield Coming(pieces=_pieces(response), size=response.content_length)
        except aiohttp.ClientConnectorError as failed:
            if isinstance(failed.os_error, AddressRefused):
                raise _refusal(uri) from failed
            raise SourceDown("The source of the image does not answer.") from failed
        except aiohttp.InvalidURL as malformed:
            raise _refusal(uri) from malformed
        except (aiohttp.ClientError, TimeoutError) as failed:
            raise SourceDown("The source of the image broke off or is too slow.") from failed

    def _session(self) -> aiohttp.ClientSession:
        resolver = CheckedResolver(self.rules, aiohttp.ThreadedResolver())
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(
                total=self.total, sock_connect=self.idle, sock_read=self.idle
            ),
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def _follow(self, session: aiohttp.ClientSession, uri: str) -> aiohttp.ClientResponse:
        url = checked_url(uri, self.rules)
        for _ in range(self.redirects + 1):
            response = await session.get(url, allow_redirects=False)
            if response.status not in REDIRECTS:
                return response
            response.close()
            url = _next(url, response, self.rules)
        raise SourceRefused("The source of the image redirects too often.")


def _next(url: URL, response: aiohttp.ClientResponse, rules: SourceRules) -> URL:
    location = response.headers.get("Location", "")
    try:
        onward = url.join(URL(location))
    except ValueError:
        raise _refusal(location) from None
    return checked_url(str(onward), rules)


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status in PASSING or response.status >= 500:
        raise SourceDown(f"The source of the image answered {response.status}.")
    if response.status != 200:
        raise SourceRefused(f"The source of the image answered {response.status}.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise SourceRefused("The source of the image sends it compressed.")


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for piece in response.content.iter_chunked(CHUNK):
        yield piece


def _refusal(uri: str) -> SourceRefused:
    return SourceRefused(f"URI for web-download does not pass filtering: {uri[:2048]}")
