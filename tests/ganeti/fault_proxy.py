"""Stands before a RAPI and loses answers after Ganeti has accepted what they answer.

TLS in, TLS out. It shows the cluster's own certificate, so that a client needs nothing but
another address to be lied to.
"""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.ganeti.rig import CERTIFICATE_NAME, Cluster


@dataclass(slots=True, kw_only=True)
class Loss:
    """Which answers are lost, and how many more of them."""

    method: str
    path: str
    left: int

    def takes(self, method: str, path: str) -> bool:
        """Whether this request's answer is one of them; each one counts."""
        if self.left == 0 or (method, path) != (self.method, self.path):
            return False
        self.left -= 1
        return True


@dataclass(slots=True, kw_only=True)
class FaultProxy:
    """One proxy before one cluster; counts by (method, path without its query)."""

    cluster: Cluster
    url: str = ""
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: list[bytes] = field(default_factory=list)  # the answers, as Ganeti gave them
    _losses: list[Loss] = field(default_factory=list)

    def lose_answers(self, method: str, path: str, times: int = 1) -> None:
        """Let the next requests like this through, and drop the connection instead of answering."""
        self._losses.append(Loss(method=method, path=path, left=times))

    @asynccontextmanager
    async def running(self, address: str = "127.0.0.1") -> AsyncIterator[Self]:
        """Listen for as long as the block lasts; ``url`` says where."""
        shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        shown.load_cert_chain(self.cluster.ca)
        server = await asyncio.start_server(self._serve, address, 0, ssl=shown)
        async with server:
            host, port = server.sockets[0].getsockname()[:2]
            self.url = f"https://{host}:{port}"
            yield self

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(client, answer)
        except (OSError, asyncio.IncompleteReadError):
            answer.transport.abort()
        else:
            answer.close()

    async def _exchange(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        head = await client.readuntil(b"\r\n\r\n")
        body = await client.readexactly(content_length(head))
        method, target = head.split(b" ", 2)[:2]
        request = (method.decode(), target.decode().partition("?")[0])
        told = await self._ask_ganeti(head + body)
        if any(loss.takes(*request) for loss in self._losses):
            self.lost.append(told)
            raise ConnectionAbortedError
        self.passed[request] += 1
        answer.write(told)
        await answer.drain()

    async def _ask_ganeti(self, request: bytes) -> bytes:
        """The whole answer; Ganeti closes the connection only a second behind it."""
        target = urlsplit(self.cluster.url)
        reader, writer = await asyncio.open_connection(
            target.hostname,
            target.port,
            ssl=trusting(self.cluster.ca),
            server_hostname=CERTIFICATE_NAME,
        )
        try:
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(content_length(head))
        finally:
            writer.transport.abort()


@contextmanager
def before(cluster: Cluster) -> Iterator[FaultProxy]:
    """Stand before a cluster for as long as the block lasts, in a thread with its own loop."""
    proxy = FaultProxy(cluster=cluster)
    begun: Future[Callable[[], object]] = Future()

    async def stand() -> None:
        over = asyncio.Event()
        async with proxy.running():
            begun.set_result(partial(asyncio.get_running_loop().call_soon_threadsafe, over.set))
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(stand()), name="fault proxy")
    thread.start()
    end = begun.result(timeout=10)
    try:
        yield proxy
    finally:
        end()
        thread.join()


def trusting(ca: Path) -> ssl.SSLContext:
    """A context that believes this cluster's certificate only."""
    return ssl.create_default_context(cafile=str(ca))


def content_length(head: bytes) -> int:
    """How many bytes of body come behind these headers."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
