"""Namespaces of metadata definitions."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.metadef_paths import namespace_of
from services.image.api.paths import viewer_of
from services.image.api.schemas.metadef import NamespaceIn, read_definition
from services.image.domain.metadef import Item, ItemKind, Namespace
from services.image.store.metadef_reads import NamespaceQuery, list_namespaces
from services.image.usecases.metadefs import create_namespace, delete_namespace, update_namespace
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.links import base_url
from shared.web.paging import first_path, glance_page, next_path

SORTABLE: Final = ("namespace", "visibility", "owner", "protected", "created_at", "updated_at")


async def index(request: web.Request) -> web.Response:
    """``GET /v2/metadefs/namespaces``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "get_metadef_namespaces")
    query = _query(request)
    found = await list_namespaces(deps.reads, query, viewer_of(request)) if query.limit else ()
    document = {
        "namespaces": [each.as_json(in_list=True) for each in found],
        "first": first_path(request),
        "schema": "/v2/schemas/metadefs/namespaces",
    }
    if found and len(found) == query.limit:
        document["next"] = next_path(request, found[-1].namespace)
    return answer(document)


async def create(request: web.Request) -> web.Response:
    """``POST /v2/metadefs/namespaces``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "add_metadef_namespace")
    wanted = await read_definition(request, NamespaceIn)
    namespace = _namespace(request, wanted, utcnow(), with_items=True)
    await create_namespace(deps.transaction, namespace)
    shown = namespace.as_json()
    headers = {"Location": f"{base_url(request)}{shown['self']}"}
    return answer(shown, status=201, headers=headers)


async def show(request: web.Request) -> web.Response:
    """``GET /v2/metadefs/namespaces/{namespace}``."""
    namespace = await namespace_of(request, "get_metadef_namespace")
    return answer(namespace.as_json(prefix_for=request.query.get("resource_type", "")))


async def update(request: web.Request) -> web.Response:
    """``PUT /v2/metadefs/namespaces/{namespace}``: what it says of itself, not what it defines."""
    before = await namespace_of(request, "modify_metadef_namespace")
    wanted = await read_definition(request, NamespaceIn)
    changed = _namespace(request, wanted, utcnow(), with_items=False)
    after = await update_namespace(request.app[DEPS].transaction, before.namespace, changed)
    return answer(after.as_json())


async def delete(request: web.Request) -> web.Response:
    """``DELETE /v2/metadefs/namespaces/{namespace}``."""
    namespace = await namespace_of(request, "delete_metadef_namespace")
    await delete_namespace(request.app[DEPS].transaction, namespace.namespace)
    return answer_nothing()


def _namespace(
    request: web.Request, wanted: NamespaceIn, now: datetime, *, with_items: bool
) -> Namespace:
    return Namespace(
        namespace=wanted.namespace,
        owner=wanted.owner or request[CALLER].project_id,
        visibility=wanted.visibility,
        protected=wanted.protected,
        display_name=wanted.display_name,
        description=wanted.description,
        created_at=now,
        updated_at=now,
        items=list(_items(wanted, now)) if with_items else (),
    )


def _items(wanted: NamespaceIn, now: datetime) -> Iterator[Item]:
    def item(kind: ItemKind, name: str, body: dict[str, Any]) -> Item:
        return Item(kind=kind, name=name, body=body, created_at=now, updated_at=now)

    for association in wanted.resource_type_associations:
        yield item(ItemKind.RESOURCE_TYPE, association.name, association.kept("name"))
    for name, definition in wanted.properties.items():
        yield item(ItemKind.PROPERTY, name, definition.kept("name"))
    for each in wanted.objects:
        yield item(ItemKind.OBJECT, each.name, each.kept("name"))
    for tag in wanted.tags:
        yield item(ItemKind.TAG, tag.name, {})


def _query(request: web.Request) -> NamespaceQuery:
    if any("\0" in text for pair in request.query.items() for text in pair):
        raise BadInput("Query strings must not contain NUL characters.")
    page = glance_page(request, sortable=SORTABLE)
    visibility = request.query.get("visibility")
    if visibility is not None and visibility not in {"public", "private"}:
        raise BadInput(f"Invalid visibility value: {visibility}")
    types = request.query.get("resource_types", "")
    first = page.sorts[0]
    return NamespaceQuery(
        visibility=visibility,
        resource_types=tuple(name for name in types.split(",") if name),
        sort=first.key,
        descending=first.descending,
        limit=page.limit,
        marker=page.marker,
    )


ROUTES: Final = (
    web.get("/v2/metadefs/namespaces", index, allow_head=False),
    web.post("/v2/metadefs/namespaces", create),
    web.get("/v2/metadefs/namespaces/{namespace}", show, allow_head=False),
    web.put("/v2/metadefs/namespaces/{namespace}", update),
    web.delete("/v2/metadefs/namespaces/{namespace}", delete),
)
