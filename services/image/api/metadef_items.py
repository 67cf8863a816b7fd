"""Objects, properties and resource types of a namespace."""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.metadef_paths import item_of, namespace_of, text_of
from services.image.api.schemas.metadef import (
    AssociationIn,
    NamedDefinition,
    ObjectIn,
    read_definition,
)
from services.image.domain.metadef import RESOURCE_TYPES, Item, ItemKind, Namespace
from services.image.store.metadef_reads import associated_types
from services.image.usecases.metadefs import define, redefine, undefine, undefine_all
from shared.clock import seconds_z, utcnow
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing

BASE: Final = "/v2/metadefs/namespaces/{namespace}"


async def list_objects(request: web.Request) -> web.Response:
    """``GET .../objects``."""
    namespace = await namespace_of(request, "get_metadef_objects", ItemKind.OBJECT)
    schema = "/v2/schemas/metadefs/objects"
    return answer({"objects": _shown(namespace), "schema": schema})


async def list_properties(request: web.Request) -> web.Response:
    """``GET .../properties``: by name."""
    namespace = await namespace_of(request, "get_metadef_properties", ItemKind.PROPERTY)
    return answer({"properties": {item.name: dict(item.body) for item in namespace.items}})


async def list_associations(request: web.Request) -> web.Response:
    """``GET .../resource_types``."""
    rule = "list_metadef_resource_types"
    namespace = await namespace_of(request, rule, ItemKind.RESOURCE_TYPE)
    return answer({"resource_type_associations": _shown(namespace)})


async def list_types(request: web.Request) -> web.Response:
    """``GET /v2/metadefs/resource_types``: those of every cloud, and those namespaces name."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "list_metadef_resource_types")
    types: dict[str, dict[str, Any]] = {name: {"name": name} for name in RESOURCE_TYPES}
    for row in await associated_types(deps.reads):
        moments = {name: seconds_z(row[name]) for name in ("created_at", "updated_at")}
        types[row["name"]] = {"name": row["name"], **moments}
    return answer({"resource_types": [types[name] for name in sorted(types)]})


async def create_object(request: web.Request) -> web.Response:
    """``POST .../objects``."""
    namespace = await namespace_of(request, "add_metadef_object", ItemKind.OBJECT)
    wanted = await read_definition(request, ObjectIn)
    return await _create(
        request, namespace, _item(ItemKind.OBJECT, wanted.name, wanted.kept("name"))
    )


async def create_property(request: web.Request) -> web.Response:
    """``POST .../properties``."""
    namespace = await namespace_of(request, "add_metadef_property", ItemKind.PROPERTY)
    wanted = await read_definition(request, NamedDefinition)
    item = _item(ItemKind.PROPERTY, wanted.name, wanted.kept("name"))
    return await _create(request, namespace, item)


async def associate(request: web.Request) -> web.Response:
    """``POST .../resource_types``."""
    rule = "add_metadef_resource_type_association"
    namespace = await namespace_of(request, rule, ItemKind.RESOURCE_TYPE)
    wanted = await read_definition(request, AssociationIn)
    item = _item(ItemKind.RESOURCE_TYPE, wanted.name, wanted.kept("name"))
    return await _create(request, namespace, item)


async def update_object(request: web.Request) -> web.Response:
    """``PUT .../objects/{name}``."""
    namespace, _ = await item_of(request, "modify_metadef_object", ItemKind.OBJECT)
    wanted = await read_definition(request, ObjectIn)
    item = _item(ItemKind.OBJECT, wanted.name, wanted.kept("name"))
    return await _update(request, namespace, item)


async def update_property(request: web.Request) -> web.Response:
    """``PUT .../properties/{name}``."""
    namespace, _ = await item_of(request, "modify_metadef_property", ItemKind.PROPERTY)
    wanted = await read_definition(request, NamedDefinition)
    item = _item(ItemKind.PROPERTY, wanted.name, wanted.kept("name"))
    return await _update(request, namespace, item)


Handler = Callable[[web.Request], Any]


def shower(rule: str, kind: ItemKind) -> Handler:
    """Return what shows an item of the kind."""

    async def show(request: web.Request) -> web.Response:
        namespace, item = await item_of(request, rule, kind)
        return answer(item.as_json(namespace.namespace))

    return show


def deleter(rule: str, kind: ItemKind) -> Handler:
    """Return what deletes an item of the kind."""

    async def delete(request: web.Request) -> web.Response:
        namespace = await namespace_of(request, rule, kind)
        name = text_of(request, "name")
        await undefine(request.app[DEPS].transaction, namespace.namespace, kind, name)
        return answer_nothing()

    return delete


def clearer(rule: str, kind: ItemKind) -> Handler:
    """Return what deletes all items of the kind."""

    async def clear(request: web.Request) -> web.Response:
        namespace = await namespace_of(request, rule, kind)
        await undefine_all(request.app[DEPS].transaction, namespace.namespace, kind)
        return answer_nothing()

    return clear


async def _create(request: web.Request, namespace: Namespace, item: Item) -> web.Response:
    await define(request.app[DEPS].transaction, namespace.namespace, [item])
    return answer(item.as_json(namespace.namespace), status=201)


async def _update(request: web.Request, namespace: Namespace, item: Item) -> web.Response:
    name = text_of(request, "name")
    saved = await redefine(request.app[DEPS].transaction, namespace.namespace, name, item)
    return answer(saved.as_json(namespace.namespace))


def _item(kind: ItemKind, name: str, body: dict[str, Any]) -> Item:
    now = utcnow()
    return Item(kind=kind, name=name, body=body, created_at=now, updated_at=now)


def _shown(namespace: Namespace) -> list[dict[str, Any]]:
    return [item.as_json(namespace.namespace) for item in namespace.items]


OBJECT, PROPERTY = ItemKind.OBJECT, ItemKind.PROPERTY
ONE_OBJECT: Final = BASE + "/objects/{name}"
ONE_PROPERTY: Final = BASE + "/properties/{name}"
ONE_TYPE: Final = BASE + "/resource_types/{name}"
ROUTES: Final = (
    web.get("/v2/metadefs/resource_types", list_types, allow_head=False),
    web.get(BASE + "/resource_types", list_associations, allow_head=False),
    web.post(BASE + "/resource_types", associate),
    web.delete(
        ONE_TYPE, deleter("remove_metadef_resource_type_association", ItemKind.RESOURCE_TYPE)
    ),
    web.get(BASE + "/objects", list_objects, allow_head=False),
    web.post(BASE + "/objects", create_object),
    web.delete(BASE + "/objects", clearer("delete_metadef_namespace", OBJECT)),
    web.get(ONE_OBJECT, shower("get_metadef_object", OBJECT), allow_head=False),
    web.put(ONE_OBJECT, update_object),
    web.delete(ONE_OBJECT, deleter("delete_metadef_object", OBJECT)),
    web.get(BASE + "/properties", list_properties, allow_head=False),
    web.post(BASE + "/properties", create_property),
    web.delete(BASE + "/properties", clearer("delete_metadef_namespace", PROPERTY)),
    web.get(ONE_PROPERTY, shower("get_metadef_property", PROPERTY), allow_head=False),
    web.put(ONE_PROPERTY, update_property),
    web.delete(ONE_PROPERTY, deleter("remove_metadef_property", PROPERTY)),
)
