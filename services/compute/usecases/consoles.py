"""Opens servers' screens: a token for the user, a place to connect to for our proxy."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.compute.domain.console import ConsoleUnavailable, InstanceNotReady, Ticket, Token
from services.compute.domain.server import Server
from services.compute.store.stores import Transaction
from shared.clock import utcnow
from shared.contracts.gateway import Console, ConsoleOutput
from shared.errors import Conflict, NotFound, NotSupported

NEVER_LONGER = 100_000  # lines of output one may ask for


class Screens(Protocol):
    """The RAPI gateway, which knows where screens are and what guests wrote."""

    async def console(self, cluster: str, instance: str) -> Console:
        """Return where a running instance's screen is reached.

        Raises:
            NotFound: no such instance.
            Conflict: it does not run.
            NotSupported: it has no screen that can be reached.
        """
        ...

    async def console_output(
        self, cluster: str, instance: str, length: int | None = None
    ) -> ConsoleOutput:
        """Return the end of what an instance wrote to its serial port.

        Raises:
            NotFound: no such instance, or nothing was kept.
            NotSupported: nobody keeps it there.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Consoles:
    """What opening screens takes."""

    transaction: Transaction
    screens: Screens
    prefix: str  # of our instances' names
    lifetime: float  # seconds a token can be used

    async def screen(self, server: Server) -> tuple[str, Console]:
        """Return the cluster and the place where a server's screen is now.

        Raises:
            InstanceNotReady: it has none at the moment.
            ConsoleUnavailable: it never has one that VNC could show.
        """
        cluster = _cluster_of(server)
        try:
            found = await self.screens.console(cluster, f"{self.prefix}{server.id}")
        except (NotFound, Conflict) as absent:
            raise InstanceNotReady(f"Instance {server.id} is not ready") from absent
        except NotSupported as never:
            raise ConsoleUnavailable("Unavailable console type novnc.") from never
        if found.kind != "vnc":
            raise ConsoleUnavailable("Unavailable console type novnc.")
        return cluster, found

    async def open(self, server: Server) -> Token:
        """Return a token that opens the server's screen once, for a while.

        Raises:
            InstanceNotReady: it has none at the moment.
            ConsoleUnavailable: it never has one that VNC could show.
        """
        cluster, console = await self.screen(server)
        token = Token.new()
        ticket = Ticket(
            token_hash=token.hash,
            server_id=server.id,
            cluster=cluster,
            host=console.host,
            port=console.port,
            expires_at=utcnow() + timedelta(seconds=self.lifetime),
        )
        async with self.transaction() as stores:
            await stores.consoles.add(ticket)
        return token

    async def redeem(self, token: str) -> Console | None:
        """Return where the screen is now that a token opens; it opens nothing a second time.

        The place is asked for anew: since the token was made the server may have moved, and
        another's screen may be where its own was.
        """
        async with self.transaction() as stores:
            ticket = await stores.consoles.take(Token(token).hash)
            server = None if ticket is None else await stores.servers.find(ticket.server_id)
        if server is None or not server.is_visible:
            return None
        try:
            return (await self.screen(server))[1]
        except (InstanceNotReady, ConsoleUnavailable):
            return None

    async def output(self, server: Server, length: int | None) -> str:
        """Return the end of what a server wrote to its serial port.

        Args:
            server: which.
            length: lines at most; None: all that is kept.

        Raises:
            InstanceNotReady: it is not built yet.
            NotFound: there is no such output.
            NotSupported: nobody keeps it there.
        """
        cluster = _cluster_of(server)
        if length == 0:
            return ""
        instance = f"{self.prefix}{server.id}"
        lines = None if length is None else min(length, NEVER_LONGER)
        try:
            kept = await self.screens.console_output(cluster, instance, lines)
        except NotFound as absent:
            raise NotFound("Unable to get console") from absent
        text = kept.output if lines is None else "\n".join(kept.output.split("\n")[-lines:])
        return "".join(character for character in text if character >= " " or character in "\t\n")


def _cluster_of(server: Server) -> str:
    if server.cluster is None or server.launched_at is None:
        raise InstanceNotReady(f"Instance {server.id} is not ready")
    return server.cluster
