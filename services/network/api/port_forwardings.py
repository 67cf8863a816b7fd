"""Handlers of /v2.0/floatingips/{id}/port_forwardings."""

from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import PAGING
from services.network.api.paths import id_in, uuid_in
from services.network.api.schemas.attributes import (
    HTTPBadRequest,
    changed,
    drafted,
    resource_in,
)
from services.network.api.schemas.port_forwardings import PORT_FORWARDING
from services.network.api.writing import author_of
from services.network.domain.port_forwarding import PortForwardingNotFound
from services.network.domain.router_errors import FloatingIPNotFound
from services.network.store.documents import one
from services.network.store.router_listings import FLOATING_IPS
from services.network.usecases import port_forwardings
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json
from shared.web.paging import neutron_links, neutron_page

RULE: Final = "{}_floatingip_port_forwarding"
KEYS: Final = frozenset(
    {
        "id",
        "internal_port_id",
        "internal_ip_address",
        "internal_port",
        "external_port",
        "protocol",
        "description",
    }
)


async def _forwardings(request: web.Request) -> list[dict[str, Any]]:
    """Return what a floating IP of the caller's forwards."""
    floating_id = id_in(request, FloatingIPNotFound)
    document = await one(request.app[DEPS].reads, FLOATING_IPS, view_of(request), floating_id)
    if document is None:
        raise FloatingIPNotFound(floating_id)
    found: list[dict[str, Any]] = orjson.loads(document)["port_forwardings"]
    return found


def _id_in(request: web.Request) -> UUID:
    text = request.match_info["forwarding_id"]
    found = uuid_in(text)
    if found is None:
        raise PortForwardingNotFound(text)
    return found


def _shown(request: web.Request, forwarding: dict[str, Any]) -> dict[str, Any]:
    fields = [each for each in request.query.getall("fields", []) if each]
    if not fields:
        return forwarding
    return {key: value for key, value in forwarding.items() if key in fields}


async def list_port_forwardings(request: web.Request) -> web.Response:
    """List what a floating IP forwards."""
    require(request, RULE.format("get"))
    asked = neutron_page(request, sortable=KEYS)
    if unknown := sorted(request.query.keys() - KEYS - PAGING):
        raise HTTPBadRequest(f"{unknown} is invalid attribute for filtering")
    found = [
        each
        for each in await _forwardings(request)
        if all(str(each[key]) in request.query.getall(key, [str(each[key])]) for key in KEYS)
    ]
    for sort in reversed(asked.sorts):
        found.sort(key=lambda each: each[sort.key], reverse=sort.descending)
    if asked.backwards:
        found.reverse()
    if asked.marker is not None:
        ids = [each["id"] for each in found]
        if asked.marker not in ids:
            raise PortForwardingNotFound(asked.marker)
        found = found[ids.index(asked.marker) + 1 :]
    page = found[: asked.limit]
    body: dict[str, Any] = {"port_forwardings": [_shown(request, each) for each in page]}
    if links := neutron_links(request, asked, [each["id"] for each in page]):
        body["port_forwardings_links"] = links
    return answer(body)


async def show_port_forwarding(request: web.Request) -> web.Response:
    """Show one of them."""
    require(request, RULE.format("get"))
    wanted = _id_in(request)
    for each in await _forwardings(request):
        if each["id"] == str(wanted):
            return answer({"port_forwarding": _shown(request, each)})
    raise PortForwardingNotFound(wanted)


async def create_port_forwarding(request: web.Request) -> web.Response:
    """Have a port of a floating IP lead to a port of a server."""
    require(request, RULE.format("create"))
    body = resource_in(await read_json(request), PORT_FORWARDING)
    draft = drafted(body, PORT_FORWARDING, author_of(request))
    del draft["project_id"]  # it is the floating IP's
    made = await port_forwardings.create(
        request.app[DEPS].transaction,
        view_of(request),
        id_in(request, FloatingIPNotFound),
        draft,
    )
    return answer({"port_forwarding": made.as_json()}, status=201)


async def update_port_forwarding(request: web.Request) -> web.Response:
    """Have a port of a floating IP lead elsewhere."""
    require(request, RULE.format("update"))
    body = resource_in(await read_json(request), PORT_FORWARDING)
    saved = await port_forwardings.update(
        request.app[DEPS].transaction,
        view_of(request),
        id_in(request, FloatingIPNotFound),
        _id_in(request),
        changed(body, PORT_FORWARDING, author_of(request)),
    )
    return answer({"port_forwarding": saved.as_json()})


async def delete_port_forwarding(request: web.Request) -> web.Response:
    """Have a port of a floating IP lead nowhere."""
    require(request, RULE.format("delete"))
    await port_forwardings.delete(
        request.app[DEPS].transaction,
        view_of(request),
        id_in(request, FloatingIPNotFound),
        _id_in(request),
    )
    return answer_nothing()
