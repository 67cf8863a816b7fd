"""Pages of lists, as one statement each: filters, any order, markers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

COMPARISONS: Final[Mapping[str, str]] = {
    "eq": "=",
    "neq": "IS DISTINCT FROM",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is listed. Rows go by ``v``; expressions of an order say so by ``{0}``."""

    table: str
    source: str
    sortable: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which rows are asked for."""

    project_id: str | None = None  # None: every project's
    equal: Mapping[str, Any] = field(default_factory=dict)  # column -> value
    like: Mapping[str, str] = field(default_factory=dict)  # column -> piece of text
    items: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column -> what it holds
    moments: Sequence[tuple[str, str, datetime]] = ()  # column, a key of COMPARISONS, when
    nothing: bool = False  # what is asked for is something no row has


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the list: order as (key, descending), then marker, offset and limit."""

    order: Sequence[tuple[str, bool]]
    limit: int
    marker: UUID | None = None
    offset: int = 0


class Arguments(list[Any]):
    """What a statement is given, in order."""

    def place(self, value: Any) -> str:
        """Return the placeholder that stands for one more value."""
        self.append(value)
        return f"${len(self)}"


def visible_to(row: str, project_id: str | None, arguments: Arguments) -> str:
    """Return the condition that a row is there, and a project's (None: anybody's)."""
    if project_id is None:
        return f"{row}.deleted_at IS NULL"
    return f"{row}.deleted_at IS NULL AND {row}.project_id = {arguments.place(project_id)}"


def where_of(filters: Filters, arguments: Arguments) -> str:
    """Return the condition that a row is asked for."""
    place = arguments.place
    conditions = [visible_to("v", filters.project_id, arguments)]
    conditions += [f"v.{column} = {place(value)}" for column, value in filters.equal.items()]
    conditions += [
        f"position({place(piece)} in coalesce(v.{column}, '')) > 0"
        for column, piece in filters.like.items()
    ]
    conditions += [
        f"v.{column} @> {place(orjson.dumps(items).decode())}::jsonb"
        for column, items in filters.items.items()
    ]
    conditions += [
        f"v.{column} {COMPARISONS[how]} {place(when)}" for column, how, when in filters.moments
    ]
    if filters.nothing:
        conditions.append("false")
    return " AND ".join(conditions)


def _after(listing: Listing, order: Sequence[tuple[str, bool]]) -> str:
    """Return the condition that a row comes after the marker's row in this order."""
    every = listing.sortable
    keys = [(every[key].format("v"), every[key].format("mark"), down) for key, down in order]
    if len({down for _own, _mark, down in keys}) == 1:  # one comparison, which an index answers
        rows = ", ".join(own for own, _mark, _down in keys)
        marks = ", ".join(mark for _own, mark, _down in keys)
        return f"({rows}) {'<' if keys[0][2] else '>'} ({marks})"
    terms: list[str] = []
    equal = ""
    for own, mark, down in keys:
        terms.append(f"({equal}{own} {'<' if down else '>'} {mark})")
        equal += f"{own} = {mark} AND "
    return f"({' OR '.join(terms)})"


def _total(order: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Return the order with no key twice, and made total by the id."""
    total = dict(reversed(order))
    ordered = [(key, total[key]) for key in dict(order)]
    return ordered if "id" in total else [*ordered, ("id", True)]


def _ordered(listing: Listing, order: Sequence[tuple[str, bool]]) -> str:
    return ", ".join(
        f"{listing.sortable[key].format('v')} {'DESC' if down else 'ASC'}" for key, down in order
    )


def page_of(
    listing: Listing, columns: str, filters: Filters, window: Window
) -> tuple[str, Arguments]:
    """Return the statement; with a marker that is not there it gives no row at all.

    With one that is there it gives at least one: all nulls when nothing comes after it.
    """
    arguments = Arguments()
    order = _total(window.order)
    where = where_of(filters, arguments)
    if window.marker is not None:
        where += f" AND {_after(listing, order)}"
    by = _ordered(listing, order)
    part = (
        f"FROM {listing.source} WHERE {where} ORDER BY {by} "
        # No parameters: for a limit it does not know, PostgreSQL plans anew every time.
        f"LIMIT {int(window.limit)} OFFSET {int(window.offset)}"
    )
    if window.marker is None:
        return f"SELECT {columns} {part}", arguments
    page = f"SELECT {columns}, row_number() OVER (ORDER BY {by}) AS place {part}"
    visible = visible_to("m", filters.project_id, arguments)
    mark = (
        f"SELECT m.* FROM {listing.table} m "
        f"WHERE m.id = {arguments.place(window.marker)} AND {visible}"
    )
    page = f"SELECT page.* FROM ({mark}) mark LEFT JOIN LATERAL ({page}) page ON true"
    return f"{page} ORDER BY page.place", arguments
