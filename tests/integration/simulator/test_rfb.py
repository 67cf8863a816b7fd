"""The screen speaks the protocol, byte by byte."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from deploy.simulator.rfb import HEIGHT, WIDTH, Pixels, picture, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def greet(self, version: bytes) -> None:
        assert await self.reader.readexactly(12) == b"RFB 003.008\n"
        self.writer.write(version)
        if version >= b"RFB 003.007":
            assert await self.reader.readexactly(2) == b"\x01\x01"
            self.writer.write(b"\x01")
            if version == b"RFB 003.008\n":
                assert await self.reader.readexactly(4) == bytes(4)
        else:
            assert await self.reader.readexactly(4) == b"\0\0\0\x01"
        self.writer.write(b"\x01")
        width, height = struct.unpack(">HH", await self.reader.readexactly(4))
        assert (width, height) == (WIDTH, HEIGHT)
        assert await self.reader.readexactly(16) == Pixels().written()
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        assert await self.reader.readexactly(length) == b"cyc-1"

    async def picture(self, bits: int) -> bytes:
        self.writer.write(struct.pack(">BBHHHH", 3, 0, 0, 0, WIDTH, HEIGHT))
        return await self.reader.readexactly(16 + WIDTH * HEIGHT * bits // 8)


@pytest.fixture
async def viewer() -> AsyncIterator[Viewer]:
    shown: list[asyncio.Task[None]] = []

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append(asyncio.create_task(show(reader, writer, "cyc-1")))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        yield Viewer(reader=reader, writer=writer)
        writer.close()
        await writer.wait_closed()
        await asyncio.gather(*shown)


@pytest.mark.parametrize("version", [b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"])
async def test_a_picture_is_shown_to_every_version(viewer: Viewer, version: bytes) -> None:
    await viewer.greet(version)
    assert await viewer.picture(32) == picture("cyc-1", Pixels())


async def test_a_client_may_say_much_before_it_asks(viewer: Viewer) -> None:
    await viewer.greet(b"RFB 003.008\n")
    small = Pixels(bits=16, big=True, most=(31, 63, 31), shifts=(11, 5, 0))
    viewer.writer.write(bytes(4) + small.written())
    viewer.writer.write(struct.pack(">BBHii", 2, 0, 2, 0, -239))
    viewer.writer.write(struct.pack(">BBxxI", 4, 1, 0xFF0D))
    viewer.writer.write(struct.pack(">BBHH", 5, 0, 1, 1))
    viewer.writer.write(struct.pack(">BxxxI", 6, 3) + b"cut")
    assert await viewer.picture(16) == picture("cyc-1", small)


async def test_nonsense_ends_the_connection(viewer: Viewer) -> None:
    await viewer.greet(b"RFB 003.008\n")
    viewer.writer.write(b"\xff")
    assert await viewer.reader.read() == b""


def test_instances_look_different() -> None:
    assert picture("cyc-1", Pixels()) != picture("cyc-2", Pixels())
