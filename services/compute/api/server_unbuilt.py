"""URLs below a server that Nova knows and this cloud does not have: a sentence, not a riddle."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from services.compute.api.actions.known import NotBuilt
from services.compute.api.looking import require_since, server_in

SERVER: Final = "/servers/{server_id}"
LATER: Final = "is not built yet"

# Method and URL -> (what it is, the refusal, the microversion it came with)
UNBUILT: Final[Mapping[tuple[str, str], tuple[str, type[NotBuilt], int]]] = {
    ("GET", "diagnostics"): ("Diagnostics of servers", NotBuilt, 1),
    ("GET", "os-server-password"): ("A password posted by the guest", NotBuilt, 1),
}


def _refusing(what: str, refusal: type[NotBuilt], since: int) -> Handler:
    async def refuse(request: web.Request) -> web.StreamResponse:
        require_since(request, since)
        await server_in(request)
        raise refusal(f"{what} {LATER}.")

    return refuse


ROUTES: Final = [
    web.route(method, f"{SERVER}/{path}", _refusing(*entry))
    for (method, path), entry in UNBUILT.items()
]
