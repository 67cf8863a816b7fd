"""Which namespace or definition a URL is about, and whether the caller may do this to it."""

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import viewer_of
from services.image.domain.metadef import Item, ItemKind, ItemNotFound, Namespace
from services.image.store.metadef_reads import show_namespace
from shared.identity.caller import CALLER


async def namespace_of(request: web.Request, rule: str, kind: ItemKind | None = None) -> Namespace:
    """Return the namespace the URL names, with items of one kind or of all.

    Raises:
        NamespaceNotFound: it is not there, or not for the caller.
        NotAllowed: the caller sees it, but may not do that.
    """
    deps = request.app[DEPS]
    name = text_of(request, "namespace")
    namespace = await show_namespace(
        deps.reads, name, viewer_of(request), None if kind is None else kind.value
    )
    target = {"project_id": namespace.owner, "visibility": namespace.visibility}
    deps.policy.require(request[CALLER], rule, target)
    return namespace


async def item_of(request: web.Request, rule: str, kind: ItemKind) -> tuple[Namespace, Item]:
    """Return the definition the URL names, and its namespace.

    Raises:
        NamespaceNotFound: there is no such namespace.
        ItemNotFound: it defines no such thing.
        NotAllowed: the caller may not do that.
    """
    namespace = await namespace_of(request, rule, kind)
    name = text_of(request, "name")
    for item in namespace.items:
        if item.name == name:
            return namespace, item
    raise ItemNotFound(kind, name, namespace.namespace)


def text_of(request: web.Request, part: str) -> str:
    """Return a name in the URL; what no name can have is in none."""
    return request.match_info[part].replace("\0", "�")
