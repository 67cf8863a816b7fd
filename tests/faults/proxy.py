"""Stands between the gateway and a RAPI, and says or does what a sick network or server would."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from shared.contracts.gateway import ClusterPatch
from tests.faults.cloudlet import Cloudlet

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]  # (Ganeti's own answer, to whom)


@dataclass(slots=True, kw_only=True)
class Proxy:
    """Passes requests on; those that change something may be answered otherwise."""

    url: str
    script: list[Answer] = field(default_factory=list)  # for the next POST, PUT or DELETE
    forward: bool = True  # whether Ganeti hears of what is answered otherwise
    passed: int = 0  # requests passed on


def said(status: str, body: bytes, kind: str = "text/html") -> Answer:
    """Return an answer that says something else than Ganeti did."""

    async def answer(_own: bytes, to: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        to.write(head.encode() + body)

    return answer


def cut(at: int) -> Answer:
    """Return an answer that ends after so many bytes."""

    async def answer(own: bytes, to: asyncio.StreamWriter) -> None:
        to.write(own[:at])

    return answer


async def nothing(_own: bytes, _to: asyncio.StreamWriter) -> None:
    """Hang up without a word."""


def dripping(pause: float) -> Answer:
    """Return an answer that comes byte by byte."""

    async def answer(own: bytes, to: asyncio.StreamWriter) -> None:
        for byte in own:
            to.write(bytes([byte]))
            await to.drain()
            await asyncio.sleep(pause)

    return answer


@asynccontextmanager
async def standing_between(
    url: str, certificate: Path, key: Path, port: int = 0
) -> AsyncIterator[Proxy]:
    """Run a proxy before a RAPI.

    Args:
        url: of the RAPI.
        certificate: that the proxy shows.
        key: of the certificate.
        port: where it listens; 0 takes a free one.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    proxy = Proxy(url="")
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            await _one_request(proxy, url, reader, writer)
        writer.close()
        busy.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    proxy.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for each in list(busy):
            each.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


@asynccontextmanager
async def proxied(cloud: Cloudlet, number: int = 1) -> AsyncIterator[Proxy]:
    """Have a registered cluster spoken to through a proxy with its own certificate."""
    endpoint = cloud.simulator.clusters[number - 1]
    key = endpoint.ca_file.with_name(endpoint.ca_file.name.replace("cert", "key"))
    async with standing_between(endpoint.url, endpoint.ca_file, key) as proxy:
        await cloud.gateway.client.change(f"c{number}", ClusterPatch(url=proxy.url))
        yield proxy


async def _one_request(
    proxy: Proxy, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
    changes = not head.startswith((b"GET", b"PUT /2/query", b"DELETE /2/jobs"))
    answer = proxy.script.pop(0) if changes and proxy.script else None
    own = b""
    if answer is None or proxy.forward:
        proxy.passed += 1
        own = await _passed_on(url, head + body)
    if answer is None:
        writer.write(own)
    else:
        await answer(own, writer)
    await writer.drain()


async def _passed_on(url: str, request: bytes) -> bytes:
    parts, context = urlsplit(url), ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer
