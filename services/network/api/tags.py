"""Handlers of /v2.0/{collection}/{id}/tags."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.network.api import (
    address_groups,
    floating_ips,
    networks,
    ports,
    routers,
    security_groups,
    subnet_pools,
    subnets,
)
from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection
from services.network.api.paths import id_in
from services.network.api.schemas.attributes import HTTPBadRequest
from services.network.api.schemas.checks import Unfit, list_of, text
from services.network.domain.errors import TagNotFound
from services.network.store.documents import one
from services.network.usecases import tags
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json

MOST: Final = 50
LONGEST: Final = 255
TAGGED: Final[dict[str, Collection]] = {
    "networks": networks.WHAT,
    "subnets": subnets.WHAT,
    "ports": ports.WHAT,
    "security-groups": security_groups.GROUPS,
    "routers": routers.WHAT,
    "subnetpools": subnet_pools.POOLS,
    "floatingips": floating_ips.WHAT,
    "address-groups": address_groups.WHAT,
}


async def list_tags(request: web.Request) -> web.Response:
    """List the tags of a resource."""
    return answer({"tags": await _tags(request)})


async def check_tag(request: web.Request) -> web.Response:
    """Say whether a resource carries a tag."""
    tag = _tag(request)
    if tag not in await _tags(request):
        raise TagNotFound(tag)
    return answer_nothing()


async def replace_tags(request: web.Request) -> web.Response:
    """Give a resource these tags, and no others."""
    given = _checked((await _body(request)).get("tags"))
    return answer({"tags": await _change(request, tags.with_all(given))})


async def add_tags(request: web.Request) -> web.Response:
    """Give a resource more tags."""
    given = _checked((await _body(request)).get("tags"))
    return answer({"tags": await _change(request, tags.with_more(given))})


async def add_tag(request: web.Request) -> web.Response:
    """Give a resource one tag."""
    await _change(request, tags.with_more(_checked([_tag(request)])))
    return answer_nothing(status=201)


async def delete_tags(request: web.Request) -> web.Response:
    """Take all tags off a resource."""
    await _change(request, tags.with_all(()))
    return answer_nothing()


async def delete_tag(request: web.Request) -> web.Response:
    """Take one tag off a resource."""
    tag = _tag(request)

    def removed(old: tuple[str, ...]) -> tuple[str, ...]:
        if tag not in old:
            raise TagNotFound(tag)
        return tags.without([tag])(old)

    await _change(request, removed)
    return answer_nothing()


def _tag(request: web.Request) -> str:
    tag = request.match_info["tag"]
    if "\0" in tag:
        raise HTTPBadRequest("Strings must not contain NUL characters.")
    return tag


async def _body(request: web.Request) -> dict[str, Any]:
    body = await read_json(request)
    if not isinstance(body, dict) or set(body) != {"tags"}:
        raise HTTPBadRequest("Invalid tags body")
    return body


def _checked(given: Any) -> tuple[str, ...]:
    try:
        return tuple(list_of(text(LONGEST), unique=False)(given))
    except Unfit as wrong:
        raise HTTPBadRequest(f"Invalid input for tags. Reason: {wrong}.") from wrong


def _resource(request: web.Request) -> tuple[str, Collection, UUID]:
    collection = request.match_info["collection"]
    what = TAGGED[collection]
    return collection, what, id_in(request, what.missing)


async def _tags(request: web.Request) -> list[str]:
    require(request, "get_tags")
    _collection, what, thing_id = _resource(request)
    document = await one(request.app[DEPS].reads, what.listing, view_of(request), thing_id)
    if document is None:
        raise what.missing(thing_id)
    found: list[str] = orjson.loads(document)["tags"]
    return found


async def _change(
    request: web.Request, to: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> list[str]:
    require(request, "update_tags")
    collection, _what, thing_id = _resource(request)

    def bounded(old: tuple[str, ...]) -> tuple[str, ...]:
        new = to(old)
        if len(new) > MOST:
            raise HTTPBadRequest(f"Invalid input for tags. Reason: more than {MOST} tags.")
        return new

    changed = await tags.change(
        request.app[DEPS].transaction, view_of(request), collection, thing_id, bounded
    )
    return list(changed)
