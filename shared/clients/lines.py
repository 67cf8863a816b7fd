"""What carries our calls to neighbours: aiohttp's connections under httpx's interface.

httpx's own (httpcore) take some 3 ms of CPU for each small call, aiohttp's 0.7: with a watcher
that asks a hundred clusters every second that is a processor core.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
import httpx
from typing_extensions import override
from yarl import URL

SMALL: Final = 65536  # bytes: such an answer is read at once
OURS: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  # httpx sets them


class Lines(httpx.AsyncBaseTransport):
    """Sends httpx's requests over aiohttp's connections.

    Args:
        connections: at most so many at once.
        kept: seconds an idle one is kept.
    """

    def __init__(self, connections: int, kept: float = 15.0) -> None:
        self._connections = connections
        self._kept = kept
        self._session: aiohttp.ClientSession | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the answer, whose body may still be on its way.

        Raises:
            httpx.TransportError: the kind of trouble httpx's own connections would raise.
        """
        try:
            answer = await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=_headers(request),
                data=_content(request),
                allow_redirects=False,
                skip_auto_headers=OURS,
                timeout=_patience(request),
            )
            length = answer.content_length
            if length is not None and length <= SMALL:
                body = await answer.read()
                return httpx.Response(answer.status, headers=answer.raw_headers, content=body)
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            raise _translated(trouble, request) from trouble
        stream = _Body(answer, request)
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=stream)

    @override
    async def aclose(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # made where the loop runs
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=self._kept
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    """The rest of an answer."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            raise _translated(trouble, self._request) from trouble

    @override
    async def aclose(self) -> None:
        """Give the connection back, or up when not all was read."""
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the headers, but for the one that whoever sends a stream adds."""
    return [each for each in request.headers.multi_items() if each[0] != "transfer-encoding"]


def _content(request: httpx.Request) -> Any:
    """Return the body: as it is, or as it comes."""
    try:
        return request.content or None
    except httpx.RequestNotRead:
        return request.stream


def _patience(request: httpx.Request) -> aiohttp.ClientTimeout:
    given = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(
        total=None,
        connect=given.get("pool"),
        sock_connect=given.get("connect"),
        sock_read=given.get("read"),
    )


def _translated(trouble: Exception, request: httpx.Request) -> httpx.TransportError:
    """Return the trouble as httpx calls it."""
    kinds: tuple[tuple[tuple[type[Exception], ...], type[httpx.TransportError]], ...] = (
        ((aiohttp.ConnectionTimeoutError,), httpx.ConnectTimeout),
        ((aiohttp.ServerTimeoutError, TimeoutError), httpx.ReadTimeout),
        ((aiohttp.ClientConnectorError,), httpx.ConnectError),
        ((aiohttp.InvalidURL, ValueError), httpx.UnsupportedProtocol),
        ((aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError), httpx.RemoteProtocolError),
    )
    kind = next((made for those, made in kinds if isinstance(trouble, those)), httpx.ReadError)
    return kind(str(trouble) or type(trouble).__name__, request=request)
