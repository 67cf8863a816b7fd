"""Where a cluster's RAPI answers: at the cluster's address, and perhaps at the master's own."""

import asyncio
import ssl
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True, kw_only=True)
class Listener:
    """The sockets of one cluster's RAPI, closed and opened as its master goes and comes."""

    runner: web.ServerRunner
    tls: ssl.SSLContext
    host: str  # the cluster's address, which moves with the master
    port: int  # 0: any free one, kept from then on
    floating: bool = True  # whether the cluster's address has moved along
    _open: list[web.TCPSite] = field(default_factory=list)
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, own: str | None) -> None:
        """Answer at the cluster's address, and at the master's own where there is one."""
        for host in ([self.host] if self.floating else []) + ([own] if own else []):
            site = web.TCPSite(self.runner, host, self.port, ssl_context=self.tls)
            await site.start()
            self.port = site.port
            self._open.append(site)

    async def shut(self) -> None:
        """Refuse connections, and break those there are."""
        for task in self._later:  # of a failover that this one overtakes
            task.cancel()
        for site in self._open:
            await site.stop()
        self._open.clear()
        server = self.runner.server
        for connection in list(server.connections) if server is not None else []:
            if connection.transport is not None:
                connection.transport.abort()

    def open_later(self, own: str | None, seconds: float) -> None:
        """Answer again after a while."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await self.open(own)

        task = asyncio.create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def close(self) -> None:
        """Stop for good."""
        for task in self._later:
            task.cancel()
        await self.runner.cleanup()
