"""Connections to the broker that always come to an end: in opening, in use, in closing.

The client library can mend connections by itself, but is known to lose consumers and to hang
while it does. Here nothing is mended: what looks wrong is let go, and built from scratch.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractConnection
from pydantic import SecretStr

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long the broker may take, in seconds.

    Args:
        answer: for anything it is asked: to connect, to declare, to confirm a batch.
        close: to say goodbye.
        watch: between two looks whether the path to it still works.
        longest_pause: between two tries to reach it.
    """

    answer: float = 5.0
    close: float = 2.0
    watch: float = 10.0
    longest_pause: float = 5.0

    def pause_after(self, failures: int) -> float:
        """Return the pause after this many failures in a row."""
        return min(0.1 * 2.0 ** min(failures, 16), self.longest_pause)


DEADLINES = Deadlines()
HEARTBEAT = 10  # seconds; the watch is quicker, this one frees sockets the watch let go of


def check_address(url: SecretStr) -> None:
    """Make sure that the URL names a broker, before a later complaint quotes its password.

    Raises:
        ValueError: it does not.
    """
    try:
        address = aio_pika.connection.make_url(url.get_secret_value())
        is_broker = address.scheme in {"amqp", "amqps"} and bool(address.host)
    except ValueError:
        is_broker = False
    if not is_broker:
        raise ValueError("The broker's URL must be amqp://user:password@host:port/vhost.") from None


async def connect(url: SecretStr, name: str) -> AbstractConnection:
    """Return a new connection.

    Args:
        url: where the broker is, with the password.
        name: what its operators see it as.
    """
    address = aio_pika.connection.make_url(url.get_secret_value(), heartbeat=HEARTBEAT)
    return await aio_pika.connect(address, client_properties={"connection_name": name})


async def let_go(connection: AbstractConnection, deadlines: Deadlines) -> None:
    """Close the connection; what cannot even be closed is left to its heartbeat."""
    try:
        async with asyncio.timeout(deadlines.close):
            await connection.close()
    except Exception as problem:
        log.debug("the broker did not say goodbye", extra={"why": repr(problem)})


@asynccontextmanager
async def connected(
    url: SecretStr, name: str, deadlines: Deadlines
) -> AsyncIterator[AbstractConnection]:
    """Have a connection for the length of a block."""
    async with asyncio.timeout(deadlines.answer):
        connection = await connect(url, name)
    try:
        yield connection
    finally:
        await let_go(connection, deadlines)


async def unblocked(connection: AbstractConnection) -> None:
    """Wait until the broker has disk and memory enough to take messages."""
    if connection.transport is not None:
        await connection.transport.ready()


async def is_blocked(connection: AbstractConnection) -> bool:
    """Whether the broker said that it takes no messages for now."""
    try:
        async with asyncio.timeout(0):
            await unblocked(connection)
    except TimeoutError:
        return True
    return False
