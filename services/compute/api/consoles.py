"""Screens of servers: an address with a token in it, to be opened in a browser."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since, server_in
from services.compute.api.queries import name_in
from services.compute.api.schemas.consoles import CreateRemoteConsole, RemoteConsole
from services.compute.api.servers import minor_of
from services.compute.domain.console import ConsoleUnavailable, Token
from services.compute.domain.server import Server
from services.compute.store import consoles as store
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read

PAGE: Final = "vnc_lite.html"
MKS_SINCE: Final = 8
AUTH_TOKENS_SINCE: Final = 31  # for every kind of console
NOT_SET_UP: Final = "This cloud shows no screens: its console proxy is switched off."


async def url_of(request: web.Request, server: Server, kind: str) -> str:
    """Return an address that shows a server's screen once.

    Args:
        request: that asks.
        server: which.
        kind: how clients call the way of looking; there is only ``novnc``.

    Raises:
        ConsoleUnavailable: another way was asked for, or there is no proxy.
        InstanceNotReady: the server does not run.
    """
    deps = request.app[DEPS]
    base = deps.settings.console_base
    if kind != "novnc":
        raise ConsoleUnavailable(f"Unavailable console type {kind}.")
    if base is None:
        raise ConsoleUnavailable(NOT_SET_UP)
    token = await deps.consoles.open(server)
    return f"{base}/{PAGE}?path={quote(f'?token={token.text}', safe='')}"


async def create_remote_console(request: web.Request) -> web.Response:
    """Return an address of the server's screen (since 2.6)."""
    require_since(request, 6)
    request.app[DEPS].policy.require(request[CALLER], "os_compute_api:os-remote-consoles")
    wanted = (await read(request, CreateRemoteConsole)).remote_console
    _require_known(wanted, minor_of(request))
    server = await server_in(request)
    view = {"protocol": wanted.protocol, "type": wanted.type}
    return answer({"remote_console": view | {"url": await url_of(request, server, wanted.type)}})


def _require_known(wanted: RemoteConsole, minor: int) -> None:
    if minor < MKS_SINCE and "mks" in {wanted.protocol, wanted.type.removeprefix("web")}:
        raise BadInput(
            "Invalid input for field/attribute protocol. "
            f"Value: {wanted.protocol}. '{wanted.protocol}' is not one of "
            "['vnc', 'spice', 'rdp', 'serial']"
        )
    if wanted.protocol == "vnc" and wanted.type not in {"novnc", "xvpvnc"}:
        raise ConsoleUnavailable(f"Invalid console type {wanted.type}")
    if wanted.protocol != "vnc":
        raise ConsoleUnavailable(f"Unavailable console type {wanted.type}.")


async def show_auth_token(request: web.Request) -> web.Response:
    """Return what a token opens; it stays usable."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:os-console-auth-tokens")
    if minor_of(request) < AUTH_TOKENS_SINCE:
        # Before, only RDP consoles could be asked after, and there are none.
        raise BadInput("The requested console type details are not accessible")
    ticket = await store.find(deps.reads, Token(name_in(request, "token")).hash)
    if ticket is None:
        raise NotFound("Token not found")
    console: dict[str, Any] = {
        "instance_uuid": str(ticket.server_id),
        "host": ticket.host,
        "port": ticket.port,
        "internal_access_path": None,
    }
    return answer({"console": console})


ROUTES: Final = [
    web.post("/servers/{server_id}/remote-consoles", create_remote_console),
    web.get("/os-console-auth-tokens/{token}", show_auth_token),
]
