"""Tags of a server (2.26)."""

from typing import Final

from aiohttp import web

from services.compute.api.actions.known import actor_of
from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since, server_in
from services.compute.api.paths import server_id_in
from services.compute.api.queries import name_in
from services.compute.api.schemas.servers import TagsBody
from services.compute.usecases import changing
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import parsed, read
from shared.web.links import base_url

RULE: Final = "os_compute_api:os-server-tags:"


def _enter(request: web.Request, verb: str) -> None:
    require_since(request, 26)
    request.app[DEPS].policy.require(request[CALLER], RULE + verb)


def _tag(request: web.Request) -> str:
    given = request.match_info["tag"]
    if "\0" in given:
        raise BadInput("Tags must not contain NUL characters.")
    tag: str = parsed({"tags": [given]}, TagsBody).tags[0]
    if not tag:
        raise BadInput("A tag must not be empty.")
    return tag


async def list_tags(request: web.Request) -> web.Response:
    """Return all tags."""
    _enter(request, "index")
    return answer({"tags": list((await server_in(request)).tags)})


async def show_tag(request: web.Request) -> web.Response:
    """Say whether the server has the tag."""
    _enter(request, "show")
    tag, server = name_in(request, "tag"), await server_in(request)
    if tag not in server.tags:
        raise NotFound(f"Server {server.id} has no tag '{tag}'")
    return answer_nothing()


async def replace_tags(request: web.Request) -> web.Response:
    """Have these tags and no others."""
    _enter(request, "update_all")
    given = tuple(dict.fromkeys((await read(request, TagsBody)).tags))
    found = await changing.replace_tags(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), given
    )
    return answer({"tags": list(found)})


async def add_tag(request: web.Request) -> web.Response:
    """Have the tag."""
    _enter(request, "update")
    is_new = await changing.add_tag(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), _tag(request)
    )
    if not is_new:
        return answer_nothing()
    return answer_nothing(status=201, headers={"Location": f"{base_url(request)}{request.path}"})


async def delete_tag(request: web.Request) -> web.Response:
    """Drop the tag."""
    _enter(request, "delete")
    await changing.drop_tag(
        request.app[DEPS].transaction,
        server_id_in(request),
        actor_of(request),
        name_in(request, "tag"),
    )
    return answer_nothing()


async def delete_tags(request: web.Request) -> web.Response:
    """Drop all tags."""
    _enter(request, "delete_all")
    await changing.replace_tags(
        request.app[DEPS].transaction, server_id_in(request), actor_of(request), ()
    )
    return answer_nothing()


ALL, ONE = "/servers/{server_id}/tags", "/servers/{server_id}/tags/{tag}"
ROUTES: Final = [
    web.get(ALL, list_tags),
    web.put(ALL, replace_tags),
    web.delete(ALL, delete_tags),
    web.get(ONE, show_tag),
    web.put(ONE, add_tag),
    web.delete(ONE, delete_tag),
]
