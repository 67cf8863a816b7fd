"""Rows that a transaction adds at its end: news, sagas, actions; one statement for all of them.

What is put off is only ever inserted, never read again before the commit. Whoever needs to see it
earlier flushes.
"""

# ruff: noqa: SLF001 -- how SQLAlchemy writes a column's values

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from shared.db.json_text import dumps

DIALECT: Final[Any] = dialect(json_serializer=dumps)  # type: ignore[no-untyped-call]  # theirs
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

    def take(self) -> tuple[str, list[Any]]:
        """Return the statement that inserts everything, with its arguments; nothing is left."""
        rows, self._rows = self._rows, {}
        arguments = [
            row[name] if with_ is None else with_(row[name])
            for (table, names, _), all_of_it in rows.items()
            for row in all_of_it
            for name, with_ in _writers(table, names)
        ]
        return _sql(tuple((*shape, len(each)) for shape, each in rows.items())), arguments


@lru_cache(maxsize=1000)
def _writers(
    table: sa.Table, names: tuple[str, ...]
) -> Sequence[tuple[str, Callable[[Any], Any] | None]]:
    return [(name, table.c[name].type._cached_bind_processor(DIALECT)) for name in names]


@lru_cache(maxsize=1000)
def _sql(shapes: tuple[tuple[sa.Table, tuple[str, ...], bool, int], ...]) -> str:
    inserts, first = [], 1
    for table, names, unless_there, count in shapes:
        types = [table.c[name].type.compile(DIALECT) for name in names]
        rows = []
        for _ in range(count):
            places = enumerate(types, first)
            rows.append("(" + ", ".join(f"${place}::{kind}" for place, kind in places) + ")")
            first += len(types)
        columns = ", ".join(f'"{name}"' for name in names)
        words = ["INSERT INTO", f'"{table.name}" ({columns})', "VALUES", ", ".join(rows)]
        inserts.append(" ".join(words + ["ON CONFLICT DO NOTHING"] * unless_there))
    *others, last = inserts
    named = ", ".join(f"added_{number} AS ({each})" for number, each in enumerate(others))
    return f"WITH {named} {last}" if named else last
