"""Rows that a transaction adds at its end: news, sagas, actions; one statement for all of them.

What is put off is only ever inserted, never read again before the commit. Whoever needs to see it
earlier flushes.
"""

# ruff: noqa: SLF001 -- how SQLAlchemy writes a column's values

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from shared.db.json_text import dumps

DIALECT: Final[Any] = dialect(json_serializer=dumps)  # type: ignore[no-untyped-call]  # theirs
MOST_VALUES: Final = 20_000  # in a statement; PostgreSQL's own limit is 65,535
Shape = tuple[sa.Table, tuple[str, ...], bool]


class Pending:
    """What is put off, in order."""

    def __init__(self) -> None:
        self._rows: dict[Shape, list[Mapping[str, Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(
        self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, unless_there: bool = False
    ) -> None:
        """Put off inserting rows; all of them have the same columns.

        Args:
            table: where they go.
            rows: values by column; JSON as it is.
            unless_there: a row whose key is taken is left out, instead of failing.
        """
        if rows:
            shape = (table, tuple(rows[0]), unless_there)
            self._rows.setdefault(shape, []).extend(rows)

    def holds(self, table: sa.Table) -> bool:
        """Whether something is put off for the table."""
        return any(shape[0] is table for shape in self._rows)

    def take(self) -> list[tuple[str, list[Any]]]:
        """Return the statements that insert everything, with their arguments; nothing is left.

        It is one statement, but for what is too much for one.
        """
        parts = [_Part(*shape, rows) for shape, rows in self._rows.items()]
        self._rows = {}
        if sum(len(part.names) * len(part.rows) for part in parts) <= MOST_VALUES:
            return [_together(parts)]
        return [_together([small]) for part in parts for small in part.split()]


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows for one table."""

    table: sa.Table
    names: tuple[str, ...]
    unless_there: bool
    rows: Sequence[Mapping[str, Any]]

    def split(self) -> "Iterator[_Part]":
        """Return the rows in portions that fit into a statement."""
        step = MOST_VALUES // len(self.names)
        for start in range(0, len(self.rows), step):
            yield replace(self, rows=self.rows[start : start + step])

    def is_columnwise(self) -> bool:
        """Whether the values go as one array per column: then any number has the same text."""
        return len(self.rows) > 1 and not _has_odd_arrays(self.table, self.names)

    def arguments(self) -> list[Any]:
        """Return the values in the order of the statement's parameters."""
        is_columnwise = self.is_columnwise()
        columns = [
            [row[name] if with_ is None else with_(row[name]) for row in self.rows]
            for name, with_ in _writers(self.table, self.names, is_columnwise)
        ]
        if is_columnwise:
            return columns
        return [column[number] for number in range(len(self.rows)) for column in columns]


def _together(parts: Sequence[_Part]) -> tuple[str, list[Any]]:
    shapes = tuple(
        (part.table, part.names, part.unless_there, 0 if part.is_columnwise() else len(part.rows))
        for part in parts
    )
    return _sql(shapes), [value for part in parts for value in part.arguments()]


def _is_of_texts(kind: Any) -> bool:
    return isinstance(kind, sa.ARRAY) and isinstance(kind.item_type, sa.String)


@lru_cache(maxsize=1000)
def _has_odd_arrays(table: sa.Table, names: tuple[str, ...]) -> bool:
    """Whether there are arrays that cannot be an element of a column's array; texts go as JSON."""
    kinds = [table.c[name].type for name in names]
    return any(isinstance(kind, sa.ARRAY) and not _is_of_texts(kind) for kind in kinds)


@lru_cache(maxsize=1000)
def _writers(
    table: sa.Table, names: tuple[str, ...], is_columnwise: bool
) -> Sequence[tuple[str, Callable[[Any], Any] | None]]:
    kinds = {name: table.c[name].type for name in names}
    return [
        (name, _as_json)
        if is_columnwise and _is_of_texts(kind)
        else (name, kind._cached_bind_processor(DIALECT))
        for name, kind in kinds.items()
    ]


def _as_json(texts: Sequence[str] | None) -> str | None:
    return None if texts is None else dumps(texts)


@lru_cache(maxsize=1000)
def _sql(shapes: tuple[tuple[sa.Table, tuple[str, ...], bool, int], ...]) -> str:
    """Return the statement that inserts all of these; so many rows each, or 0: by columns."""
    inserts, first = [], 1
    for table, names, unless_there, count in shapes:
        kinds = [table.c[name].type for name in names]
        source, first = (_by_rows if count else _by_columns)(kinds, count, first)
        columns = ", ".join(f'"{table.c[name].name}"' for name in names)
        words = ["INSERT INTO", f'"{table.name}" ({columns})', source]
        inserts.append(" ".join(words + ["ON CONFLICT DO NOTHING"] * unless_there))
    *others, last = inserts
    named = ", ".join(f"added_{number} AS ({each})" for number, each in enumerate(others))
    return f"WITH {named} {last}" if named else last


def _by_rows(kinds: Sequence[Any], count: int, first: int) -> tuple[str, int]:
    types, rows = [kind.compile(DIALECT) for kind in kinds], []
    for _ in range(count):
        places = enumerate(types, first)
        rows.append("(" + ", ".join(f"${place}::{kind}" for place, kind in places) + ")")
        first += len(types)
    return "VALUES " + ", ".join(rows), first


def _by_columns(kinds: Sequence[Any], _count: int, first: int) -> tuple[str, int]:
    arrays, columns = [], []
    for place, kind in enumerate(kinds, first):
        column = f"c{place}"
        if _is_of_texts(kind):
            arrays.append(f"${place}::jsonb[]")
            texts = f"ARRAY(SELECT jsonb_array_elements_text({column}))"
            column = f"CASE WHEN {column} IS NOT NULL THEN {texts} END"
        else:
            arrays.append(f"${place}::{kind.compile(DIALECT)}[]")
        columns.append(column)
    names = ", ".join(f"c{place}" for place in range(first, first + len(kinds)))
    given = f"FROM unnest({', '.join(arrays)}) AS given ({names})"
    return f"SELECT {', '.join(columns)} {given}", first + len(kinds)
