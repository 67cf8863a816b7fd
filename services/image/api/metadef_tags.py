"""Tags of a namespace: words for things of its types."""

from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.metadef_items import BASE, clearer, deleter, shower
from services.image.api.metadef_paths import item_of, namespace_of, text_of
from services.image.api.schemas.metadef import TagIn, TagsIn, read_definition
from services.image.domain.metadef import Item, ItemKind
from services.image.usecases.metadefs import define, redefine, replace_tags
from shared.clock import utcnow
from shared.errors import BadInput
from shared.web.answers import answer

APPEND: Final = "X-Openstack-Append"
LONGEST: Final = 80


async def index(request: web.Request) -> web.Response:
    """``GET .../tags``."""
    namespace = await namespace_of(request, "get_metadef_tags", ItemKind.TAG)
    tags = [item.as_json(namespace.namespace) for item in namespace.items]
    path = f"/v2/metadefs/namespaces/{namespace.namespace}/tags"
    return answer({"tags": tags, "first": path, "schema": "/v2/schemas/metadefs/tags"})


async def create(request: web.Request) -> web.Response:
    """``POST .../tags/{name}``."""
    namespace = await namespace_of(request, "add_metadef_tag", ItemKind.TAG)
    name = text_of(request, "name")
    if len(name) > LONGEST:
        raise BadInput(f"Provided object does not match schema: at most {LONGEST} characters")
    tag = _tag(name)
    await define(request.app[DEPS].transaction, namespace.namespace, [tag])
    return answer(tag.as_json(namespace.namespace), status=201)


async def create_all(request: web.Request) -> web.Response:
    """``POST .../tags``: these and no others, unless they are to be appended."""
    namespace = await namespace_of(request, "add_metadef_tags", ItemKind.TAG)
    wanted = await read_definition(request, TagsIn)
    names = [tag.name for tag in wanted.tags]
    transaction = request.app[DEPS].transaction
    if request.headers.get(APPEND, "").lower() == "true":
        await define(transaction, namespace.namespace, [_tag(name) for name in names])
    else:
        await replace_tags(transaction, namespace.namespace, names, utcnow())
    return answer({"tags": [{"name": name} for name in names]}, status=201)


async def update(request: web.Request) -> web.Response:
    """``PUT .../tags/{name}``."""
    namespace, before = await item_of(request, "modify_metadef_tag", ItemKind.TAG)
    wanted = await read_definition(request, TagIn)
    transaction = request.app[DEPS].transaction
    tag = await redefine(transaction, namespace.namespace, before.name, _tag(wanted.name))
    return answer(tag.as_json(namespace.namespace))


def _tag(name: str) -> Item:
    now = utcnow()
    return Item(kind=ItemKind.TAG, name=name, created_at=now, updated_at=now)


ONE: Final = BASE + "/tags/{name}"
ROUTES: Final = (
    web.get(BASE + "/tags", index, allow_head=False),
    web.post(BASE + "/tags", create_all),
    web.delete(BASE + "/tags", clearer("delete_metadef_tags", ItemKind.TAG)),
    web.get(ONE, shower("get_metadef_tag", ItemKind.TAG), allow_head=False),
    web.post(ONE, create),
    web.put(ONE, update),
    web.delete(ONE, deleter("delete_metadef_tag", ItemKind.TAG)),
)
