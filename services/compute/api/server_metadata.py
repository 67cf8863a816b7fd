"""Metadata of a server: what its user wrote on it."""

from typing import Final

from aiohttp import web

from services.compute.api.actions.known import actor_of
from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.paths import server_id_in
from services.compute.api.schemas.servers import MetaBody, MetadataBody
from services.compute.usecases import changing
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read

RULE: Final = "os_compute_api:server-metadata:"


def _require(request: web.Request, verb: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + verb)


async def list_metadata(request: web.Request) -> web.Response:
    """Return all metadata."""
    _require(request, "index")
    return answer({"metadata": dict((await server_in(request)).details)})


async def show_metadata(request: web.Request) -> web.Response:
    """Return one item."""
    _require(request, "show")
    key = request.match_info["key"]
    details = (await server_in(request)).details
    if key not in details:
        raise NotFound("Metadata item was not found")
    return answer({"meta": {key: details[key]}})


async def add_metadata(request: web.Request) -> web.Response:
    """Add items."""
    _require(request, "create")
    given = (await read(request, MetadataBody)).metadata
    found = await changing.merge_metadata(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), given
    )
    return answer({"metadata": dict(found)})


async def replace_metadata(request: web.Request) -> web.Response:
    """Have these items and no others."""
    _require(request, "update_all")
    given = (await read(request, MetadataBody)).metadata
    found = await changing.replace_metadata(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), given
    )
    return answer({"metadata": dict(found)})


async def set_metadata(request: web.Request) -> web.Response:
    """Set one item."""
    _require(request, "update")
    key = request.match_info["key"]
    given = (await read(request, MetaBody)).meta
    if key not in given:
        raise BadInput("Request body and URI mismatch")
    await changing.merge_metadata(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), given
    )
    return answer({"meta": given})


async def delete_metadata(request: web.Request) -> web.Response:
    """Drop one item."""
    _require(request, "delete")
    await changing.drop_metadata(
        request.app[DEPS].transaction,
        server_id_in(request),
        actor_of(request),
        request.match_info["key"],
    )
    return answer_nothing()


ALL, ONE = "/servers/{server_id}/metadata", "/servers/{server_id}/metadata/{key}"
ROUTES: Final = [
    web.get(ALL, list_metadata),
    web.post(ALL, add_metadata),
    web.put(ALL, replace_metadata),
    web.get(ONE, show_metadata),
    web.put(ONE, set_metadata),
    web.delete(ONE, delete_metadata),
]
