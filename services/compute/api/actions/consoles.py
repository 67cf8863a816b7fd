"""A server's serial line, and its screen as it was asked for until 2.5."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.consoles import url_of
from services.compute.api.looking import server_in
from services.compute.api.schemas.consoles import Output, SerialConsole, SpiceConsole, VncConsole
from shared.web.answers import answer

SCREEN: Final = "os_compute_api:os-remote-consoles"


async def get_output(asked: Asked) -> web.StreamResponse:
    """Return the end of what the server wrote to its serial line."""
    server = await server_in(asked.request)
    output = await asked.deps.consoles.output(server, asked.arguments.lines)
    return answer({"output": output})


async def get_console(asked: Asked) -> web.StreamResponse:
    """Return an address that shows the server's screen once."""
    server = await server_in(asked.request)
    kind = asked.arguments.type
    url = await url_of(asked.request, server, kind)
    return answer({"console": {"type": kind, "url": url}})


ACTIONS: Final[Mapping[str, Known]] = {
    "os-getConsoleOutput": Known("os_compute_api:os-console-output", get_output, Output),
    "os-getVNCConsole": Known(SCREEN, get_console, VncConsole, until=5),
    "os-getSPICEConsole": Known(SCREEN, get_console, SpiceConsole, until=5),
    "os-getSerialConsole": Known(SCREEN, get_console, SerialConsole, until=5),
}
