"""Handlers for /qos-specs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast, get_args
from uuid import UUID

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes
from services.volume.api.paths import uuid_in, uuid_of
from services.volume.api.policy import require
from services.volume.api.schemas.qos import CreateQos, QosKeys, QosValues
from services.volume.domain import qos as domain
from services.volume.domain import volume_type
from services.volume.domain.qos import Consumer, QosSpecs
from services.volume.store import type_listing
from services.volume.store.qos import list_qos, show_qos
from services.volume.usecases import qos
from shared.errors import BadInput
from shared.web.answers import answer
from shared.web.body import read
from shared.web.links import base_url
from shared.web.paging import cinder_page, next_links
from shared.web.projects import project_prefix

RULE: Final = "volume_extension:qos_specs_manage:"
KEYS: Final[Mapping[str, Callable[[QosSpecs], str]]] = {
    "name": lambda one: one.name,
    "consumer": lambda one: one.consumer,
}


def view(specs: QosSpecs) -> dict[str, Any]:
    """Return specs."""
    return {
        "id": str(specs.id),
        "name": specs.name,
        "consumer": specs.consumer,
        "specs": dict(specs.specs),
    }


def links(request: web.Request, specs: QosSpecs) -> list[dict[str, str]]:
    """Return where specs are found."""
    own = f"{project_prefix(request)}/qos-specs/{specs.id}"
    return [
        {"rel": "self", "href": f"{base_url(request)}/v3{own}"},
        {"rel": "bookmark", "href": f"{base_url(request)}{own}"},
    ]


def _id_in(request: web.Request) -> UUID:
    return uuid_in(request, "qos_id", domain.not_found)


async def list_all(request: web.Request) -> web.Response:
    """List specs."""
    require(request, f"{RULE}get_all")
    deps = request.app[DEPS]
    sortable = frozenset({"id", "created_at", *KEYS})
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=sortable)
    found = cut(await list_qos(deps.reads), page, KEYS, domain.not_found)
    body: dict[str, Any] = {"qos_specs": [view(each) for each in found]}
    if more := next_links(request, page, [str(each.id) for each in found]):
        body["qos_specs_links"] = more
    return answer(body)


async def show(request: web.Request) -> web.Response:
    """Show specs."""
    require(request, f"{RULE}get")
    found = await show_qos(request.app[DEPS].reads, _id_in(request))
    return answer({"qos_specs": view(found), "links": links(request, found)})


async def create(request: web.Request) -> web.Response:
    """Have specs."""
    require(request, f"{RULE}create")
    asked = (await read(request, CreateQos)).qos_specs
    specs = dict(asked.__pydantic_extra__)
    made = await qos.create(
        request.app[DEPS].transaction, asked.name.strip(), asked.consumer, specs
    )
    return answer({"qos_specs": view(made), "links": links(request, made)})


async def update(request: web.Request) -> web.Response:
    """Change specs."""
    require(request, f"{RULE}update")
    given = dict((await read(request, QosValues)).qos_specs)
    consumer = given.pop("consumer", None)
    if consumer is not None and consumer not in get_args(Consumer):
        raise BadInput(f"Invalid qos specs: Valid consumer of QoS specs are: {get_args(Consumer)}")

    def how(old: QosSpecs) -> QosSpecs:
        kept = cast(Consumer, consumer or old.consumer)
        return replace(old, consumer=kept, specs={**old.specs, **given})

    await qos.change(request.app[DEPS].transaction, _id_in(request), how)
    shown = given | ({"consumer": consumer} if consumer else {})
    return answer({"qos_specs": shown})


async def delete_keys(request: web.Request) -> web.Response:
    """Drop some of the specs."""
    require(request, f"{RULE}update")
    keys = (await read(request, QosKeys)).keys
    await qos.change(request.app[DEPS].transaction, _id_in(request), qos.without(keys))
    return web.Response(status=202)


async def delete(request: web.Request) -> web.Response:
    """Have no such specs."""
    require(request, f"{RULE}delete")
    force = is_yes(request, "force")
    await qos.delete(request.app[DEPS].transaction, _id_in(request), force=force)
    return web.Response(status=202)


async def list_associations(request: web.Request) -> web.Response:
    """List the types that promise the specs."""
    require(request, f"{RULE}get")
    reads = request.app[DEPS].reads
    found = await show_qos(reads, _id_in(request))
    kinds = [each for each in await type_listing.list_types(reads) if each.qos_specs_id == found.id]
    shown = [
        {"association_type": "volume_type", "name": each.name, "id": str(each.id)} for each in kinds
    ]
    return answer({"qos_associations": shown})


def _type_in(request: web.Request) -> UUID:
    text = request.query.get("vol_type_id")
    if text is None:
        raise BadInput("Volume Type id must not be None.")
    return uuid_of(text, volume_type.not_found)


async def associate(request: web.Request) -> web.Response:
    """Have a type promise the specs."""
    require(request, f"{RULE}update")
    await qos.associate(request.app[DEPS].transaction, _id_in(request), _type_in(request))
    return web.Response(status=202)


async def disassociate(request: web.Request) -> web.Response:
    """Have a type promise the specs no more."""
    require(request, f"{RULE}update")
    await qos.disassociate(request.app[DEPS].transaction, _id_in(request), _type_in(request))
    return web.Response(status=202)


async def disassociate_all(request: web.Request) -> web.Response:
    """Have no type promise the specs any more."""
    require(request, f"{RULE}update")
    await qos.disassociate(request.app[DEPS].transaction, _id_in(request), None)
    return web.Response(status=202)


ROUTES: Final = [
    web.get("/qos-specs", list_all),
    web.post("/qos-specs", create),
    web.get("/qos-specs/{qos_id}", show),
    web.put("/qos-specs/{qos_id}", update),
    web.delete("/qos-specs/{qos_id}", delete),
    web.put("/qos-specs/{qos_id}/delete_keys", delete_keys),
    web.get("/qos-specs/{qos_id}/associations", list_associations),
    web.get("/qos-specs/{qos_id}/associate", associate),
    web.get("/qos-specs/{qos_id}/disassociate", disassociate),
    web.get("/qos-specs/{qos_id}/disassociate_all", disassociate_all),
]
