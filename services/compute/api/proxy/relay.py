"""Carries bytes between a websocket and a TCP connection, with bounds, until one side ends."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import WSMsgType, web

from shared.contracts.gateway import Console

PIECE: Final = 64 * 1024  # bytes carried at once, and kept at most
LONGEST_MESSAGE: Final = 1024 * 1024  # of the browser: what may be pasted at once
CONNECT_DEADLINE: Final = 5.0  # seconds


class ScreenUnreachable(Exception):
    """Nobody listens where the screen should be."""


async def connect(console: Console) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to a screen.

    Raises:
        ScreenUnreachable: there is none in time.
    """
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            return await asyncio.open_connection(console.host, console.port, limit=PIECE)
    except OSError as unreachable:  # TimeoutError is one
        raise ScreenUnreachable(str(unreachable)) from unreachable


async def relay(
    socket: web.WebSocketResponse,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    idle: float,
) -> None:
    """Carry bytes both ways until either side ends, or nothing moved for a while.

    Args:
        socket: the browser's, accepted.
        reader: of the screen's connection.
        writer: of the screen's connection; closed at the end.
        idle: seconds without a byte, either way, that end it.
    """
    moved = asyncio.Event()
    ways = [
        asyncio.create_task(_to_browser(reader, socket, moved)),
        asyncio.create_task(_to_screen(socket, writer, moved)),
        asyncio.create_task(_watch(moved, idle)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _to_browser(
    reader: asyncio.StreamReader, socket: web.WebSocketResponse, moved: asyncio.Event
) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            moved.set()
            await socket.send_bytes(piece)  # waits while the browser is slow


async def _to_screen(
    socket: web.WebSocketResponse, writer: asyncio.StreamWriter, moved: asyncio.Event
) -> None:
    with suppress(ConnectionError):
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                return  # RFB is bytes; who sends anything else speaks something else
            moved.set()
            writer.write(message.data)
            await writer.drain()


async def _watch(moved: asyncio.Event, idle: float) -> None:
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(idle):
                await moved.wait()
            moved.clear()
