"""One request to RAPI by aiohttp's client, on a connection of its own.

RAPI ends each connection with its answer, so nothing is kept between calls. What matters here is
to know whether a byte has left; and that it leaves once.
"""

import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from services.rapi_gateway.ganeti.errors import NotSent, Unclear, WrongCertificate

MOST: Final = 64 * 1024 * 1024  # bytes of an answer: some 20 000 instances with all fields


class Once:
    """Lets a request out once: the client would repeat a PUT whose answer got lost."""

    def __init__(self) -> None:
        self._left = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Pass the first attempt on.

        Raises:
            Unclear: it is another one.
        """
        if self._left:
            raise Unclear("The answer did not come.")
        self._left = True
        return await handler(request)


async def exchange(
    method: str,
    url: str,
    *,
    context: ssl.SSLContext,
    headers: Mapping[str, str],
    body: bytes | None,
    connect: float,
) -> tuple[int, bytes]:
    """Send a request and return the status and the body of its answer.

    Args:
        method: of HTTP.
        url: with its query, as it goes out.
        context: whom to trust.
        headers: all that are ours to say.
        body: what is sent.
        connect: seconds for TCP and TLS.

    Raises:
        NotSent: nothing of the request has left.
        Unclear: it may have been received.
    """
    connector = aiohttp.TCPConnector(ssl=context, force_close=True, limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            ) as session,
            session.request(
                method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                middlewares=(Once(),),
            ) as answer,
        ):
            return answer.status, await _body_of(answer)
    except aiohttp.ClientConnectorCertificateError as untrusted:
        raise WrongCertificate("Its certificate is not one to trust.") from untrusted
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as silent:
        raise NotSent("It does not answer.") from silent
    except (aiohttp.ClientError, OSError) as broken:
        raise Unclear(f"{type(broken).__name__}: the answer did not come.") from broken


async def _body_of(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MOST:
            raise Unclear("The answer is larger than any that was asked for.")
    return bytes(body)
