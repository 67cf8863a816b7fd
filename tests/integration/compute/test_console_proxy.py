"""Screens through the proxy: a real websocket client, a small RFB server, real tokens."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from services.compute.api.deps import DEPS
from services.compute.api.proxy.app import Proxying, build_proxy
from tests.integration.compute.rig import Json, Rig, furnish, running_rig, to_head
from tests.parts.postgres import MakesDatabases

NAME = b"a screen"
SERVER_INIT = struct.pack(">HH16xL", 4, 4, len(NAME)) + NAME
NOVNC: Json = {"remote_console": {"protocol": "vnc", "type": "novnc"}}


@dataclass
class Screen:
    """A small RFB server: the handshake of 3.8, then it sends back what it gets."""

    port: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    met: int = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one viewer."""
        self.open.add(writer)
        self.met += 1
        try:
            for said, asked in ((b"RFB 003.008\n", 12), (b"\x01\x01", 1), (b"\0\0\0\0", 1)):
                writer.write(said)
                await reader.readexactly(asked)
            writer.write(SERVER_INIT)
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


@pytest.fixture
async def screen() -> AsyncIterator[Screen]:
    """A screen that listens."""
    made = Screen()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    for writer in list(made.open):
        writer.close()
    await server.wait_closed()


@dataclass
class Stage:
    """A server with a screen, and the proxy before it."""

    rig: Rig
    server: str
    proxy: TestClient[Any, Any]
    proxying: Proxying

    async def token(self) -> str:
        """Return what opens the screen once."""
        path = f"/servers/{self.server}/remote-consoles"
        answer = await self.rig.call("POST", path, NOVNC, mv="2.96")
        (found,) = parse_qs(urlsplit(answer.body["remote_console"]["url"]).query)["path"]
        token: str = found.removeprefix("?token=")
        return token

    async def refused(self, token: str, **headers: str) -> int:
        """Return the status with which a token opens nothing."""
        with pytest.raises(WSServerHandshakeError) as refusal:
            await self.proxy.ws_connect(f"/?token={token}", headers=headers)
        return refusal.value.status


@asynccontextmanager
async def staged(url: str, screen: Screen, **settings: Any) -> AsyncIterator[Stage]:
    """Set a stage."""
    async with running_rig(url, console_url="http://127.0.0.1") as rig:
        await furnish(rig)
        await rig.know_cluster()
        server = await rig.active()
        rig.world.gateway.screens[f"cyc-{server}"] = {
            "kind": "vnc", "host": "127.0.0.1", "port": screen.port,
        }  # fmt: skip
        proxying = Proxying(redeem=rig.service.app[DEPS].consoles.redeem, **settings)
        async with TestClient(TestServer(build_proxy(proxying))) as proxy:
            yield Stage(rig=rig, server=server, proxy=proxy, proxying=proxying)


@pytest.fixture
async def stage(migrated_database: MakesDatabases, screen: Screen) -> AsyncIterator[Stage]:
    """A stage as it usually is."""
    async with staged(migrated_database("compute", to_head), screen) as made:
        yield made


async def handshake(socket: Any) -> bytes:
    """Shake hands as a viewer does; return what the server says of itself."""
    assert await socket.receive_bytes() == b"RFB 003.008\n"
    await socket.send_bytes(b"RFB 003.008\n")
    assert await socket.receive_bytes() == b"\x01\x01"
    await socket.send_bytes(b"\x01")
    assert await socket.receive_bytes() == b"\0\0\0\0"
    await socket.send_bytes(b"\x01")
    said: bytes = await socket.receive_bytes()
    return said


async def test_a_viewer_shakes_hands_with_the_screen(stage: Stage) -> None:
    token = await stage.token()
    async with stage.proxy.ws_connect(f"/?token={token}", protocols=("binary",)) as socket:
        assert socket.protocol == "binary"
        assert await handshake(socket) == SERVER_INIT
        picture = bytes(range(256)) * 2048  # more than fits in any one piece
        await socket.send_bytes(picture)
        seen = b""
        while len(seen) < len(picture):
            seen += await socket.receive_bytes()
        assert seen == picture


async def test_a_token_opens_a_screen_once(stage: Stage, screen: Screen) -> None:
    token = await stage.token()
    async with stage.proxy.ws_connect(f"/websockify?token={token}") as socket:
        await handshake(socket)
    assert await stage.refused(token) == 403
    assert screen.met == 1


async def test_of_two_with_one_token_one_sees_the_screen(stage: Stage, screen: Screen) -> None:
    token = await stage.token()
    tried = await asyncio.gather(
        *(stage.proxy.ws_connect(f"/?token={token}") for _ in range(4)), return_exceptions=True
    )
    refused = [each for each in tried if isinstance(each, WSServerHandshakeError)]
    assert (len(refused), screen.met) == (3, 1)


async def test_a_wrong_token_opens_nothing_and_says_nothing(stage: Stage, screen: Screen) -> None:
    token = await stage.token()
    for wrong in (f"bad{token}", "", "x" * 5000, "%00"):
        assert await stage.refused(wrong) == 403
    answer = await stage.proxy.get("/?token=bad", headers=UPGRADE)
    assert (answer.status, await answer.read(), answer.headers["Connection"]) == (
        403, b"", "close",
    )  # fmt: skip
    assert screen.met == 0


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
    "Sec-WebSocket-Version": "13",
}


async def test_a_page_elsewhere_opens_no_screen(stage: Stage, screen: Screen) -> None:
    token = await stage.token()
    for origin in ("https://evil.example", "null", "file://", "http://127.0.0.1.evil.example", "["):
        assert await stage.refused(token, Origin=origin) == 403
    assert screen.met == 0
    async with stage.proxy.ws_connect(f"/?token={token}", origin="http://127.0.0.1:1") as socket:
        assert await handshake(socket) == SERVER_INIT


async def test_a_dashboard_may_be_allowed(
    migrated_database: MakesDatabases, screen: Screen
) -> None:
    url = migrated_database("compute", to_head)
    async with staged(url, screen, origins=("dashboard.example",)) as stage:
        token = await stage.token()
        origin = "https://dashboard.example"
        async with stage.proxy.ws_connect(f"/?token={token}", origin=origin) as socket:
            assert await handshake(socket) == SERVER_INIT


async def test_a_token_is_worth_nothing_after_its_server_is_gone(stage: Stage) -> None:
    token, later = await stage.token(), await stage.token()
    del stage.rig.world.gateway.screens[f"cyc-{stage.server}"]  # it was stopped meanwhile
    assert await stage.refused(token) == 403
    await stage.rig.call("DELETE", f"/servers/{stage.server}")
    await stage.rig.run_sagas()
    await stage.rig.end_jobs()
    assert await stage.refused(later) == 403


async def test_a_screen_that_does_not_answer_is_a_bad_gateway(stage: Stage) -> None:
    token = await stage.token()
    stage.rig.world.gateway.screens[f"cyc-{stage.server}"]["port"] = 1
    assert await stage.refused(token) == 502


async def test_the_proxy_ends_when_either_side_does(stage: Stage, screen: Screen) -> None:
    async with stage.proxy.ws_connect(f"/?token={await stage.token()}") as socket:
        await handshake(socket)
        for writer in list(screen.open):
            writer.close()
        assert (await socket.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
    async with stage.proxy.ws_connect(f"/?token={await stage.token()}") as socket:
        await handshake(socket)
        await socket.send_str("no bytes")
        assert (await socket.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
    assert stage.proxying.open == set()


async def test_there_are_so_many_screens_and_no_more(
    migrated_database: MakesDatabases, screen: Screen
) -> None:
    async with staged(migrated_database("compute", to_head), screen, most=1) as stage:
        async with stage.proxy.ws_connect(f"/?token={await stage.token()}") as socket:
            await handshake(socket)
            assert await stage.refused(await stage.token()) == 503
        async with stage.proxy.ws_connect(f"/?token={await stage.token()}") as socket:
            await handshake(socket)


async def test_a_screen_nobody_looks_at_is_closed(
    migrated_database: MakesDatabases, screen: Screen
) -> None:
    async with (
        staged(migrated_database("compute", to_head), screen, idle=0.05) as stage,
        stage.proxy.ws_connect(f"/?token={await stage.token()}") as socket,
    ):
        assert await socket.receive_bytes() == b"RFB 003.008\n"
        assert (await socket.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSED}


async def test_who_is_no_websocket_is_shown_no_screen(stage: Stage) -> None:
    answer = await stage.proxy.get(f"/?token={await stage.token()}")
    assert answer.status == 404
