"""Handler for ``/v1/clusters/{cluster}/storage/…``: passes requests on to the storage agent.

Only the path, the method and the body go on: whose request it is, is no business of the agent.
"""

from typing import Final

from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in, stored_in
from shared.web.answers import answer_bytes, answer_nothing
from shared.web.body import read_bytes

MOST: Final = 64 * 1024  # bytes of a request


async def pass_on(request: web.Request) -> web.Response:
    """Return what the agent answers."""
    body = await read_bytes(request, limit=MOST)
    reply = await request.app[DEPS].storage.forward(
        cluster_in(request), request.method, stored_in(request), body or None
    )
    if not reply.body:
        return answer_nothing(status=reply.status)
    return answer_bytes(reply.body, status=reply.status)
