"""Reads and writes the rows of one kind of resource; version-checked, with their documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain.resource import Resource
from shared.clock import utcnow
from shared.errors import StaleWrite

Thing = TypeVar("Thing", bound=Resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What a row is sent as."""

    doc: str
    admin_doc: str


def documents(thing: Resource) -> Documents:
    """Render a resource: this is the one place where that happens."""
    own, restricted = thing.document(), thing.restricted()
    doc = orjson.dumps(own).decode()
    full = orjson.dumps(own | restricted).decode() if restricted else doc
    return Documents(doc=doc, admin_doc=full)


class Rows(Generic[Thing]):
    """The rows of one kind of resource, inside one transaction."""

    table: sa.Table
    not_columns: frozenset[str] = frozenset()

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    def read(self, row: sa.Row[Any]) -> Thing:
        """Return what the row describes."""
        raise TypeError(f"{type(self).__name__} does not say how to read a row")

    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an id nobody has."""
        raise TypeError(f"{type(self).__name__} does not say what is missing")

    async def find(self, thing_id: UUID, *, lock: bool = False) -> Thing | None:
        """Return the resource, or None.

        Args:
            thing_id: which.
            lock: keep others from writing it until the transaction ends.
        """
        query = sa.select(self.table).where(self.table.c.id == thing_id)
        row = (
            await self._connection.execute(query.with_for_update() if lock else query)
        ).one_or_none()
        return None if row is None else self.read(row)

    async def get(self, thing_id: UUID, *, lock: bool = False) -> Thing:
        """Return the resource.

        Raises:
            NotFound: there is none.
        """
        thing = await self.find(thing_id, lock=lock)
        if thing is None:
            raise self.missing(thing_id)
        return thing

    async def where(self, *conditions: sa.ColumnElement[bool], lock: bool = False) -> list[Thing]:
        """Return the resources that meet the conditions, by id."""
        query = sa.select(self.table).where(*conditions).order_by(self.table.c.id)
        rows = await self._connection.execute(query.with_for_update() if lock else query)
        return [self.read(row) for row in rows]

    async def count(self, project_id: str) -> int:
        """Return how many the project has."""
        counted = sa.select(sa.func.count()).where(self.table.c.project_id == project_id)
        return int((await self._connection.execute(counted.select_from(self.table))).scalar_one())

    async def add(self, *things: Thing) -> None:
        """Write new resources."""
        if things:
            await self._connection.execute(
                sa.insert(self.table), [self.row_of(thing) for thing in things]
            )

    async def save(self, thing: Thing) -> Thing:
        """Write the resource over the revision it was read at, and return it as it is now.

        Raises:
            StaleWrite: somebody else was faster.
        """
        saved = replace(thing, revision=thing.revision + 1, updated_at=utcnow())
        done = await self._connection.execute(
            sa.update(self.table)
            .where(self.table.c.id == thing.id, self.table.c.revision == thing.revision)
            .values(self.row_of(saved))
        )
        if done.rowcount != 1:
            raise StaleWrite(f"{type(thing).__name__} {thing.id} was changed by another request.")
        return saved

    async def save_all(self, things: Sequence[Thing]) -> list[Thing]:
        """Write resources whose rows this transaction has locked, all at once."""
        now = utcnow()
        saved = [replace(each, revision=each.revision + 1, updated_at=now) for each in things]
        if saved:
            columns = [column.name for column in self.table.columns if column.name != "id"]
            await self._connection.execute(
                sa.update(self.table)
                .where(self.table.c.id == sa.bindparam("row_id"))
                .values({name: sa.bindparam(f"new_{name}") for name in columns}),
                [_renamed(self.row_of(each)) for each in saved],
            )
        return saved

    async def delete(self, thing: Thing) -> None:
        """Write that there is no such resource any more."""
        await self._connection.execute(sa.delete(self.table).where(self.table.c.id == thing.id))

    def row_of(self, thing: Thing) -> dict[str, Any]:
        """Return the columns of a resource, its documents among them."""
        rendered = documents(thing)
        kind: Any = type(thing)
        row = {name: plain(getattr(thing, name)) for name in _columns(kind, self.not_columns)}
        row["doc"], row["admin_doc"] = rendered.doc, rendered.admin_doc
        return row


@cache
def _columns(kind: type[Resource], but: frozenset[str]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name not in but)


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {f"new_{name}": value for name, value in row.items() if name != "id"}
    return renamed | {"row_id": row["id"]}


def plain(value: Any) -> Any:
    """Return a field as its column takes it: lists and what is in them become JSON."""
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    return value


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.as_json() if hasattr(value, "as_json") else value


def columns_of(row: sa.Row[Any], *but: str) -> dict[str, Any]:
    """Return a row as arguments of its dataclass; JSON lists as tuples."""
    return arguments_of(row._asdict(), *but)


def arguments_of(columns: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """Return columns as arguments of their dataclass; JSON lists as tuples."""
    dropped = {"doc", "admin_doc", *but}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in columns.items()
        if name not in dropped
    }
