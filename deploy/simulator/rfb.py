"""The VNC protocol (RFB 3.3 to 3.8, no security), as far as a still picture needs it."""

import asyncio
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

VERSION: Final = b"RFB 003.008\n"
WIDTH: Final = 320
HEIGHT: Final = 200
BAND: Final = 20  # pixels
NO_SECURITY: Final = 1
# Client messages and the bytes that follow their first one; longer ones say how much more.
SET_PIXELS, SET_ENCODINGS, UPDATE, KEY, POINTER, CUT = 0, 2, 3, 4, 5, 6
FOLLOWING: Final = {SET_PIXELS: 19, SET_ENCODINGS: 3, UPDATE: 9, KEY: 7, POINTER: 5, CUT: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """How the client wants a pixel."""

    bits: int = 32
    big: bool = False
    most: tuple[int, int, int] = (255, 255, 255)
    shifts: tuple[int, int, int] = (16, 8, 0)

    def pixel(self, colour: tuple[int, int, int]) -> bytes:
        """One pixel of a colour, each part of which is 0 to 255."""
        value = sum(
            part * most // 255 << shift
            for part, most, shift in zip(colour, self.most, self.shifts, strict=True)
        )
        return value.to_bytes(self.bits // 8, "big" if self.big else "little")

    @classmethod
    def read(cls, text: bytes) -> "Pixels":
        """The pixel format of a SetPixelFormat message."""
        bits, _depth, big, _true, *rest = struct.unpack(">BBBBHHHBBB3x", text[3:19])
        if bits not in {8, 16, 32} or max(rest[3:]) > bits:
            raise ValueError("no such pixels")
        return cls(bits=bits, big=bool(big), most=tuple(rest[:3]), shifts=tuple(rest[3:]))

    def written(self) -> bytes:
        """The pixel format as the server tells it."""
        depth = sum(most.bit_length() for most in self.most)
        return struct.pack(">BBBBHHHBBB3x", self.bits, depth, self.big, 1, *self.most, *self.shifts)


async def show(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    """Show an instance's picture to one client until it goes away."""
    try:
        await _looked_at(reader, writer, name)
    except (OSError, EOFError, ValueError):
        pass  # it went away, or speaks something else
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _looked_at(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    await _greet(reader, writer, name)
    pixels = Pixels()
    while True:
        kind = (await reader.readexactly(1))[0]
        text = await reader.readexactly(FOLLOWING.get(kind, 0))
        if kind == SET_PIXELS:
            pixels = Pixels.read(text)
        elif kind == UPDATE and not text[0]:  # nothing ever changes since the last one
            writer.write(picture(name, pixels))
            await writer.drain()
        elif kind in {SET_ENCODINGS, CUT}:
            await _skip(reader, kind, text)
        elif kind not in FOLLOWING:
            break


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    writer.write(VERSION)
    spoken = await reader.readexactly(12)
    if spoken >= b"RFB 003.007":
        writer.write(bytes([1, NO_SECURITY]))
        if (await reader.readexactly(1))[0] != NO_SECURITY:
            raise ValueError("there is no such security")
        if spoken >= VERSION:
            writer.write(struct.pack(">I", 0))
    else:
        writer.write(struct.pack(">I", NO_SECURITY))
    await reader.readexactly(1)  # whether others may look, too: they may
    title = name.encode()
    writer.write(struct.pack(">HH", WIDTH, HEIGHT) + Pixels().written())
    writer.write(struct.pack(">I", len(title)) + title)
    await writer.drain()


async def _skip(reader: asyncio.StreamReader, kind: int, text: bytes) -> None:
    length = struct.unpack(">H", text[1:3])[0] * 4 if kind == SET_ENCODINGS else 0
    if kind == CUT:
        length = struct.unpack(">I", text[3:7])[0]
    if length > 1 << 20:
        raise ValueError("too long")
    await reader.readexactly(length)


def picture(name: str, pixels: Pixels) -> bytes:
    """The whole screen as an update: bands whose colours come from the name."""
    seed = zlib.crc32(name.encode())
    rows = []
    for band in range(HEIGHT // BAND):
        shade = seed >> (3 * band) & 7
        colour = (60 + 24 * (shade & 1), 60 + 48 * (shade >> 1 & 1), 90 + 60 * (shade >> 2))
        rows.append(pixels.pixel(colour) * (WIDTH * BAND))
    head = struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0)
    return head + b"".join(rows)
