"""An upload whose bytes the test sends one by one, over a plain socket."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.contract.image.rig import Rig


@dataclass
class SlowUpload:
    """A client that takes its time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def begin(cls, rig: Rig, image_id: str, size: int, sent: bytes = b"") -> Self:
        """Send the head of the request and maybe some bytes; return once the image is saving."""
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        head = (
            f"PUT /v2/images/{image_id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: a\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n"
        )
        writer.write(head.encode() + sent)
        await until(lambda: is_status(rig, image_id, "saving"))
        return cls(reader, writer)

    async def send(self, more: bytes) -> None:
        """Send more bytes."""
        self.writer.write(more)
        await self.writer.drain()

    async def status(self) -> int:
        """Return the status of the answer, and go."""
        try:
            async with asyncio.timeout(60):
                return int((await self.reader.readline()).split()[1])
        finally:
            await self.hang_up()

    async def hang_up(self) -> None:
        """Go away without a word."""
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def is_status(rig: Rig, image_id: str, status: str) -> bool:
    """Whether the image is in that status."""
    shown = await rig.ask("GET", f"/v2/images/{image_id}")
    return shown.status_code == 200 and shown.json()["status"] == status


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)
