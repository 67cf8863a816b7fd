"""What carries our calls to neighbours: aiohttp's connections under httpx's interface.

httpx's own (httpcore) take some 3 ms of CPU for each small call, aiohttp's 0.7: a watcher that asks
a hundred clusters every second saves a processor core, each new server a third of what it costs.
And httpx's own forget to hang up when a call is cancelled while TLS begins.
"""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
import httpx
from typing_extensions import override
from yarl import URL

SMALL: Final = 65536  # bytes: such an answer is read at once
OURS: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  # httpx sets them
LARGE: Final = 2**20  # bytes: aiohttp wants such a body as a file
HARMLESS: Final = frozenset({"GET", "HEAD"})  # may go out again on a new connection


class Once:
    """Lets a request out once: aiohttp would repeat a PUT or DELETE whose answer got lost.

    Whether it had an effect is for the caller to find out, by its own laws.
    """

    def __init__(self) -> None:
        self._left = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Pass the first attempt on.

        Raises:
            aiohttp.ServerDisconnectedError: it is another one.
        """
        if self._left:
            raise aiohttp.ServerDisconnectedError("The answer did not come.")
        self._left = True
        return await handler(request)


class Lines(httpx.AsyncBaseTransport):
    """Sends httpx's requests over aiohttp's connections.

    Args:
        connections: at most so many at once.
        kept: seconds an idle one is kept.
        trust: whom; without it, whom httpx's own connections trust.
    """

    def __init__(
        self, connections: int, kept: float = 15.0, trust: ssl.SSLContext | None = None
    ) -> None:
        self._connections = connections
        self._kept = kept
        self._session: aiohttp.ClientSession | None = None
        self._trust = trust

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the answer, whose body may still be on its way.

        Raises:
            httpx.TransportError: the kind of trouble httpx's own connections would raise.
        """
        try:
            answer = await self._answer(request)
            length = answer.content_length
            if length is not None and length <= SMALL:
                body = await answer.read()
                return httpx.Response(answer.status, headers=answer.raw_headers, content=body)
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            raise _translated(trouble, request) from trouble
        stream = _Body(answer, request)
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=stream)

    async def _answer(self, request: httpx.Request) -> aiohttp.ClientResponse:
        """Send a request; return the head of its answer."""
        async with asyncio.timeout(_at_most(request)):
            return await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=_headers(request),
                data=_content(request),
                allow_redirects=False,
                skip_auto_headers=OURS,
                timeout=_patience(request),
                middlewares=() if request.method in HARMLESS else (Once(),),
                ssl=self._trusted() if request.url.scheme == "https" else True,
            )

    @override
    async def aclose(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    def _trusted(self) -> ssl.SSLContext:
        """Return whom to trust."""
        if self._trust is None:
            self._trust = httpx.create_ssl_context(trust_env=False)
        return self._trust

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
        body = request.content
    except httpx.RequestNotRead:
        return request.stream
    return io.BytesIO(body) if len(body) > LARGE else body or None


def _patience(request: httpx.Request) -> aiohttp.ClientTimeout:
    given = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(
        total=None,
        connect=given.get("pool"),
        sock_connect=given.get("connect"),
        sock_read=given.get("read"),
    )


def _at_most(request: httpx.Request) -> float | None:
    """Return how long until an answer begins: aiohttp has no deadline for what it writes.

    What comes as a stream may take as long as it comes.
    """
    if not isinstance(request.stream, httpx.ByteStream):
        return None
    given = request.extensions.get("timeout", {})
    patience = [given.get(each) for each in ("pool", "connect", "write", "read")]
    return None if None in patience else sum(patience)


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
