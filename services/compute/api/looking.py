"""Looks up the server a URL is about, for those who only look."""

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import server_id_in
from services.compute.domain.server import Server
from services.compute.store import server_reads
from services.compute.store.servers import not_found
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.microversion import at_least


async def server_in(request: web.Request, *, deleted: bool = False) -> Server:
    """Return the server.

    Args:
        request: whose URL names it.
        deleted: whether one that is gone will do.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    caller, server_id = request[CALLER], server_id_in(request)
    scope = None if caller.is_admin else caller.project_id
    found = await server_reads.find(request.app[DEPS].reads, server_id, scope, deleted=deleted)
    if found is None:
        raise not_found(server_id)
    return found


def require_since(request: web.Request, minor: int) -> None:
    """Answer as if there were no such URL before a microversion.

    Raises:
        NotFound: the request's is older.
    """
    if not at_least(request, 2, minor):
        raise NotFound("The resource could not be found.")
