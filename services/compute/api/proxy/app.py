"""The console proxy's application: a page, and a websocket that a token opens once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import WSCloseCode, web

from services.compute.api.proxy.page import files_of, page
from services.compute.api.proxy.relay import LONGEST_MESSAGE, ScreenUnreachable, connect, relay
from shared.contracts.gateway import Console
from shared.errors import CloudError
from shared.web.serve import serving

log = structlog.get_logger(__name__)
SHUTDOWN: Final = 2.0  # seconds that screens may take to close
LONGEST_TOKEN: Final = 128
Redeem = Callable[[str], Awaitable[Console | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxying:
    """How screens are shown."""

    redeem: Redeem  # what a token opens; it opens nothing twice
    novnc: Path | None = None  # folder or zip of noVNC; None: the installed package's
    origins: Collection[str] = ()  # host names of other pages that may open screens
    most: int = 200  # screens at once
    idle: float = 900.0  # seconds without a byte that end a screen
    open: set[web.WebSocketResponse] = field(default_factory=set)


def is_from_here(request: web.Request, origins: Collection[str]) -> bool:
    """Whether a websocket is opened by our own page, by one that may, or by no browser at all."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        asking, ours = urlsplit(origin), urlsplit(f"//{request.host}")
    except ValueError:  # no address at all
        return False
    return asking.scheme in {"http", "https"} and asking.hostname in {ours.hostname, *origins}


def refusal(status: int) -> web.Response:
    """Return a refusal without a body: who speaks websockets would take one for a frame."""
    answer = web.Response(status=status)
    answer.force_close()
    return answer


def build_proxy(proxying: Proxying) -> web.Application:
    """Return the application."""

    async def show_screen(request: web.Request) -> web.StreamResponse:
        if "websocket" not in request.headers.get("Upgrade", "").lower():
            raise web.HTTPNotFound(text="Ask for a console at the compute service.")
        if not is_from_here(request, proxying.origins):
            log.warning("a page elsewhere asked for a screen")
            return refusal(403)
        if len(proxying.open) >= proxying.most:
            return refusal(503)
        console = await _redeemed(proxying.redeem, request.query.get("token", ""))
        if console is None:
            return refusal(403)
        return await _show(request, proxying, console)

    async def close_all(_app: web.Application) -> None:
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(proxying.open)),
            return_exceptions=True,
        )

    app = web.Application()
    show_page = page(files_of(proxying.novnc))

    async def show_file(request: web.Request) -> web.StreamResponse:
        return show_page(request)

    app.add_routes(
        [
            web.get("/", show_screen),
            web.get("/websockify", show_screen),
            web.get("/{name:.+}", show_file),
        ]
    )
    app.on_shutdown.append(close_all)
    return app


async def _redeemed(redeem: Redeem, token: str) -> Console | None:
    if not token or len(token) > LONGEST_TOKEN:
        return None
    try:
        return await redeem(token)
    except CloudError as trouble:  # the gateway does not answer, say
        log.warning("a screen could not be found", why=trouble.message)
        return None


async def _show(request: web.Request, proxying: Proxying, console: Console) -> web.StreamResponse:
    try:
        reader, writer = await connect(console)
    except ScreenUnreachable as unreachable:
        log.warning("a screen does not answer", host=console.host, why=str(unreachable))
        return refusal(502)
    socket = web.WebSocketResponse(
        protocols=("binary",), max_msg_size=LONGEST_MESSAGE, compress=False
    )
    proxying.open.add(socket)
    try:
        await socket.prepare(request)
        await relay(socket, reader, writer, proxying.idle)
    finally:
        proxying.open.discard(socket)
        writer.close()
        await socket.close()
    return socket


async def serve(proxying: Proxying, host: str, port: int) -> None:
    """Show screens on a port until cancelled."""
    async with serving(build_proxy(proxying), host, port, shutdown_deadline=SHUTDOWN) as got:
        log.info("the console proxy runs", port=got)
        await asyncio.Event().wait()
