"""One HTTP request on a connection of its own: what RAPI wants, and nothing else.

RAPI ends each connection with its answer, so there is nothing to keep; a general client spends
several times as much on every call. What matters here is to know whether a byte has left.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from services.rapi_gateway.ganeti.errors import NotSent, Unclear, WrongCertificate

MOST: Final = 64 * 1024 * 1024  # bytes of an answer: some 20 000 instances with all fields
NO_ANSWER: Final = "The answer did not come."
TOO_LARGE: Final = "The answer is larger than any that was asked for."


async def exchange(
    endpoint: str, context: ssl.SSLContext, request: bytes, *, connect: float
) -> tuple[int, bytes]:
    """Send a request and return the status and the body of its answer.

    Args:
        endpoint: ``https://host:port``.
        context: whom to trust.
        request: the whole of it.
        connect: seconds for TCP and TLS.

    Raises:
        NotSent: nothing of the request has left.
        Unclear: it may have been received.
    """
    reader, writer = await _connected(endpoint, context, connect)
    try:
        writer.write(request)
        await writer.drain()
        return await _answer(reader)
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as broken:
        raise Unclear(f"{type(broken).__name__}: {NO_ANSWER}") from broken
    finally:
        writer.transport.abort()  # whoever answered has closed already


async def _connected(
    endpoint: str, context: ssl.SSLContext, deadline: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(endpoint)
    try:
        async with asyncio.timeout(deadline):
            return await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=context, server_hostname=parts.hostname
            )
    except ssl.SSLCertVerificationError as untrusted:
        raise WrongCertificate("Its certificate is not one to trust.") from untrusted
    except (OSError, EOFError, TimeoutError) as silent:
        raise NotSent("It does not answer.") from silent


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    status, headers = 100, dict[bytes, bytes]()
    while 100 <= status < 200:
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        status = _status_in(head[0])
        headers = dict(_header_in(line) for line in head[1:] if line)
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        return status, await _chunks(reader)
    if b"content-length" in headers:
        length = int(headers[b"content-length"])
        return status, await reader.readexactly(_bearable(length))
    return status, await _to_the_end(reader)


def _status_in(line: bytes) -> int:
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        raise ValueError("This is no answer of HTTP.")
    return int(words[1])


def _header_in(line: bytes) -> tuple[bytes, bytes]:
    name, _colon, value = line.partition(b":")
    return name.strip().lower(), value.strip()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while length := int((await reader.readline()).split(b";")[0], 16):
        _bearable(len(body) + length)
        body += await reader.readexactly(length)
        await reader.readline()
    return bytes(body)


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while more := await reader.read(65536):
        body += more
        _bearable(len(body))
    return bytes(body)


def _bearable(length: int) -> int:
    if not 0 <= length <= MOST:
        raise Unclear(TOO_LARGE)
    return length
