"""A server's live migrations that are under way."""

from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since, server_in
from services.compute.api.schemas.actions import ForceComplete
from services.compute.api.views import moves as views
from services.compute.domain.moving import Move
from services.compute.domain.server import Server
from services.compute.store import move_reads
from services.compute.usecases import moving
from services.compute.usecases.moving import NotCancellable
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read

RULE: Final = "os_compute_api:servers:migrations:"
LARGEST: Final = 0x7FFFFFFF


async def list_migrations(request: web.Request) -> web.Response:
    """Return the live migrations of a server."""
    require_since(request, 23)
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}index")
    server = await server_in(request)
    found = await move_reads.live(request.app[DEPS].reads, server.id)
    return answer({"migrations": [views.of_server(request, each) for each in found]})


async def show_migration(request: web.Request) -> web.Response:
    """Return one live migration of a server."""
    require_since(request, 23)
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}show")
    found = await _found(request, await server_in(request))
    return answer({"migration": views.of_server(request, found)})


async def force_completion(request: web.Request) -> web.Response:
    """Refuse: Ganeti pauses no guest to be done with it."""
    require_since(request, 22)
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}force_complete")
    await read(request, ForceComplete)
    await _found(request, await server_in(request))
    raise NotCancellable("Ganeti cannot force a live migration to complete.")


async def abort_migration(request: web.Request) -> web.Response:
    """Cancel a live migration that has not begun."""
    require_since(request, 24)
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], f"{RULE}delete")
    found = await _found(request, await server_in(request))
    await moving.abort(deps.transaction, deps.neighbours.jobs, found)
    return answer_nothing(status=202)


async def _found(request: web.Request, server: Server) -> Move:
    text = request.match_info["migration_id"]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else LARGEST + 1
    found: tuple[Move, ...] = ()
    if number <= LARGEST:
        found = tuple(await move_reads.live(request.app[DEPS].reads, server.id, number))
    if not found:
        raise NotFound(
            f"Migration {text[:64]} for server {server.id} is not live-migration or not found."
        )
    return found[0]


ALL: Final = "/servers/{server_id}/migrations"
ONE: Final = f"{ALL}/{{migration_id}}"
ROUTES: Final = [
    web.get(ALL, list_migrations),
    web.get(ONE, show_migration),
    web.post(f"{ONE}/action", force_completion),
    web.delete(ONE, abort_migration),
]
