"""Changes metadata definitions, each change in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.image.domain.metadef import Item, ItemKind, Namespace, NamespaceProtected
from services.image.store.stores import Stores, Transaction


async def create_namespace(transaction: Transaction, namespace: Namespace) -> None:
    """Have a namespace with what it defines.

    Raises:
        NamespaceExists: the name is taken.
        ItemExists: it defines something twice.
    """
    async with transaction() as stores:
        await stores.metadefs.add(namespace)


async def update_namespace(transaction: Transaction, name: str, changed: Namespace) -> Namespace:
    """Write what the namespace says of itself; return it, without its items.

    Raises:
        NamespaceNotFound: it is gone.
        NamespaceExists: its new name is taken.
    """
    async with transaction() as stores:
        before = await stores.metadefs.get_for_change(name)
        after = replace(changed, created_at=before.created_at)
        await stores.metadefs.save(name, after)
    return after


async def delete_namespace(transaction: Transaction, name: str) -> None:
    """Have no such namespace, and nothing that it defined.

    Raises:
        NamespaceNotFound: there is none.
        NamespaceProtected: its owner keeps it.
    """
    async with transaction() as stores:
        await _unprotected(stores, name)
        await stores.metadefs.delete(name)


async def define(transaction: Transaction, name: str, items: Sequence[Item]) -> None:
    """Have more definitions in a namespace.

    Raises:
        NamespaceNotFound: there is none.
        ItemExists: one is there already.
    """
    async with transaction() as stores:
        await stores.metadefs.get_for_change(name)
        await stores.metadefs.add_items(name, items)


async def redefine(transaction: Transaction, name: str, item_name: str, item: Item) -> Item:
    """Change a definition; return it.

    Raises:
        NamespaceNotFound: there is no such namespace.
        ItemNotFound: there is no such definition.
        ItemExists: its new name is taken.
    """
    async with transaction() as stores:
        await stores.metadefs.get_for_change(name)
        return await stores.metadefs.save_item(name, item_name, item)


async def replace_tags(
    transaction: Transaction, name: str, tags: Sequence[str], now: datetime
) -> None:
    """Have these tags in a namespace and no others.

    Raises:
        NamespaceNotFound: there is none.
    """
    items = [Item(kind=ItemKind.TAG, name=tag, created_at=now, updated_at=now) for tag in tags]
    async with transaction() as stores:
        await stores.metadefs.get_for_change(name)
        await stores.metadefs.clear(name, ItemKind.TAG)
        await stores.metadefs.add_items(name, items)


async def undefine(transaction: Transaction, name: str, kind: ItemKind, item: str) -> None:
    """Have no such definition.

    Raises:
        NamespaceNotFound: there is no such namespace.
        NamespaceProtected: its owner keeps all of it.
        ItemNotFound: there is no such definition.
    """
    async with transaction() as stores:
        await _unprotected(stores, name)
        await stores.metadefs.delete_item(name, kind, item)


async def undefine_all(transaction: Transaction, name: str, kind: ItemKind) -> None:
    """Have no definitions of a kind.

    Raises:
        NamespaceNotFound: there is no such namespace.
        NamespaceProtected: its owner keeps all of it.
    """
    async with transaction() as stores:
        await _unprotected(stores, name)
        await stores.metadefs.clear(name, kind)


async def _unprotected(stores: Stores, name: str) -> None:
    namespace = await stores.metadefs.get_for_change(name)
    if namespace.protected:
        raise NamespaceProtected(name)
