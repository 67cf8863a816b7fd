"""Metadata definitions, inside one transaction."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.image.domain.metadef import (
    Item,
    ItemExists,
    ItemKind,
    ItemNotFound,
    Namespace,
    NamespaceExists,
    NamespaceNotFound,
)
from services.image.store.tables import metadef_items, metadef_namespaces


class MetadefStore:
    """Namespaces and what they define."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, namespace: Namespace) -> None:
        """Write a new namespace with its items.

        Raises:
            NamespaceExists: the name is taken.
        """
        values = _values(namespace) | {"created_at": namespace.created_at}
        try:
            await self._connection.execute(sa.insert(metadef_namespaces).values(**values))
        except IntegrityError as taken:
            raise NamespaceExists(namespace.namespace) from taken
        await self.add_items(namespace.namespace, namespace.items)

    async def get_for_change(self, name: str) -> Namespace:
        """Return the namespace without its items; nobody else changes it meanwhile.

        Raises:
            NamespaceNotFound: there is none.
        """
        found = await self._connection.execute(
            sa.select(metadef_namespaces)
            .where(metadef_namespaces.c.namespace == name)
            .with_for_update()
        )
        row = found.mappings().one_or_none()
        if row is None:
            raise NamespaceNotFound(name)
        return Namespace(**row)

    async def save(self, name: str, namespace: Namespace) -> None:
        """Write the namespace, maybe under another name.

        Raises:
            NamespaceExists: that name is taken.
        """
        try:
            await self._connection.execute(
                sa.update(metadef_namespaces)
                .where(metadef_namespaces.c.namespace == name)
                .values(**_values(namespace))
            )
        except IntegrityError as taken:
            raise NamespaceExists(namespace.namespace) from taken

    async def delete(self, name: str) -> None:
        """Have no such namespace."""
        await self._connection.execute(
            sa.delete(metadef_namespaces).where(metadef_namespaces.c.namespace == name)
        )

    async def add_items(self, namespace: str, items: Sequence[Item]) -> None:
        """Write new items.

        Raises:
            ItemExists: one is there already.
        """
        for item in items:
            values = _item_values(item) | {
                "namespace": namespace,
                "kind": item.kind.value,
                "created_at": item.created_at,
            }
            try:
                await self._connection.execute(sa.insert(metadef_items).values(**values))
            except IntegrityError as taken:
                raise ItemExists(item.kind, item.name, namespace) from taken

    async def save_item(self, namespace: str, name: str, item: Item) -> Item:
        """Write an item, maybe under another name; return it as it is then.

        Raises:
            ItemNotFound: there is none.
            ItemExists: the other name is taken.
        """
        change = (
            sa.update(metadef_items)
            .where(*_is(namespace, item.kind, name))
            .values(**_item_values(item))
            .returning(metadef_items)
        )
        try:
            row = (await self._connection.execute(change)).one_or_none()
        except IntegrityError as taken:
            raise ItemExists(item.kind, item.name, namespace) from taken
        if row is None:
            raise ItemNotFound(item.kind, name, namespace)
        return read_item(row._asdict())

    async def delete_item(self, namespace: str, kind: ItemKind, name: str) -> None:
        """Have no such item.

        Raises:
            ItemNotFound: there is none.
        """
        done = await self._connection.execute(
            sa.delete(metadef_items).where(*_is(namespace, kind, name))
        )
        if done.rowcount != 1:
            raise ItemNotFound(kind, name, namespace)

    async def clear(self, namespace: str, kind: ItemKind) -> None:
        """Have no items of the kind."""
        await self._connection.execute(
            sa.delete(metadef_items).where(
                metadef_items.c.namespace == namespace, metadef_items.c.kind == kind.value
            )
        )


def read_item(row: Any) -> Item:
    """Return the item of a row."""
    return Item(
        kind=ItemKind(row["kind"]),
        name=row["name"],
        body=row["body"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _is(namespace: str, kind: ItemKind, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = metadef_items.c
    return (columns.namespace == namespace, columns.kind == kind.value, columns.name == name)


def _item_values(item: Item) -> dict[str, Any]:
    return {"name": item.name, "body": dict(item.body), "updated_at": item.updated_at}


def _values(namespace: Namespace) -> dict[str, Any]:
    return {
        "namespace": namespace.namespace,
        "owner": namespace.owner,
        "visibility": namespace.visibility,
        "protected": namespace.protected,
        "display_name": namespace.display_name,
        "description": namespace.description,
        "updated_at": namespace.updated_at,
    }
