"""``POST /servers/{id}/action``, and delete: what may be asked of a server.

An action is named by its own module in ``api/actions``; here is the one table of them all.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.actions import (
    addresses,
    admin,
    consoles,
    imaging,
    moving,
    power,
    rebuilding,
    rescuing,
    resizing,
    shelving,
)
from services.compute.api.actions.known import Asked, Known, Unbuilt, actor_of
from services.compute.api.actions.unbuilt import UNBUILT
from services.compute.api.deps import DEPS
from services.compute.api.paths import server_id_in
from services.compute.api.servers import minor_of
from services.compute.store import server_reads
from services.compute.store.servers import not_found
from services.compute.usecases import acting
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer_nothing
from shared.web.body import BAD_REQUEST, parsed, read_json

# What clients send -> what it means here.
ACTIONS: Final[Mapping[str, Known]] = {
    **power.ACTIONS,
    **consoles.ACTIONS,
    **admin.ACTIONS,
    **addresses.ACTIONS,
    **resizing.ACTIONS,
    **rebuilding.ACTIONS,
    **imaging.ACTIONS,
    **moving.ACTIONS,
    **shelving.ACTIONS,
    **rescuing.ACTIONS,
}


async def act_on_server(request: web.Request) -> web.StreamResponse:
    """Do what is asked, or accept it: most actions are answered before they are done."""
    server_id = server_id_in(request)
    name, given = _only_key(await read_json(request))
    known = ACTIONS.get(name)
    if known is None or not known.since <= minor_of(request) <= known.until:
        await _require_server(request)
        raise _refusal(name, known or UNBUILT.get(name), minor_of(request))
    request.app[DEPS].policy.require(request[CALLER], known.rule)
    arguments = parsed({} if given is None else given, known.arguments)
    return await known.perform(Asked(request, server_id, arguments))


def _only_key(body: Any) -> tuple[str, Any]:
    if not isinstance(body, dict) or len(body) != 1:
        raise BadInput("Invalid input: exactly one action must be given.", name=BAD_REQUEST)
    ((name, given),) = body.items()
    return name, given


def _refusal(name: str, entry: Known | Unbuilt | None, minor: int) -> Exception:
    if entry is None:
        return BadInput(f"There is no such action: {name[:64]}")
    if minor > entry.until:
        return NotFound("The resource could not be found.")
    if minor < entry.since or isinstance(entry, Known):
        return BadInput(f"There is no such action: {name}")
    return entry.refusal(f"The action {name} {entry.sentence}.")


async def _require_server(request: web.Request) -> None:
    caller, server_id = request[CALLER], server_id_in(request)
    scope = None if caller.is_admin else caller.project_id
    if await server_reads.find(request.app[DEPS].reads, server_id, scope) is None:
        raise not_found(server_id)


async def delete_server(request: web.Request) -> web.Response:
    """Accept that a server be deleted."""
    deps = request.app[DEPS]
    server_id = server_id_in(request)
    deps.policy.require(request[CALLER], "os_compute_api:servers:delete")
    await acting.delete(deps.transaction, server_id, actor_of(request))
    return answer_nothing(status=204)


ROUTES: Final = [
    web.post("/servers/{server_id}/action", act_on_server),
    web.delete("/servers/{server_id}", delete_server),
]
