"""Lets pages of certain other origins call an API from the browser (CORS).

Dashboards upload images straight from the browser. Only origins that an administrator names are
let; none is by default. Callers prove themselves by tokens, never by cookies, so no answer says
that credentials may be sent.
"""

from collections.abc import Collection
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

METHODS: Final = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"
EXPOSED: Final = "X-Openstack-Request-Id, Location, Content-Length, Content-Type"
LASTING: Final = "3600"  # seconds for which a browser need not ask again
PREFLIGHT: Final = "Access-Control-Request-Method"
WANTED_HEADERS: Final = "Access-Control-Request-Headers"


def admit(app: web.Application, origins: Collection[str]) -> None:
    """Let pages of these origins call the application; to be said before it starts.

    Args:
        app: of a service.
        origins: as browsers write them, e.g. ``https://dashboard.example``.
    """
    known = frozenset(each.rstrip("/") for each in origins)
    if not known:
        return

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        if origin in known:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED

    app.on_response_prepare.append(mark)
    app.middlewares.insert(0, _preflights(known))


def _preflights(known: frozenset[str]) -> Middleware:
    @web.middleware
    async def preflights(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer browsers that ask beforehand; they carry no token."""
        asks = request.method == "OPTIONS" and PREFLIGHT in request.headers
        if not asks or request.headers.get("Origin") not in known:
            return await handler(request)
        headers = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": LASTING}
        if wanted := request.headers.get(WANTED_HEADERS):
            headers["Access-Control-Allow-Headers"] = wanted
        return web.Response(status=204, headers=headers)

    return preflights
