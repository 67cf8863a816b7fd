"""Statements that are asked all the time: compiled once, for the life of the process.

    OF_PROJECT = Prepared(sa.select(things).where(things.c.project_id == sa.bindparam("whose")))
    rows = await OF_PROJECT.rows(connection, whose=project_id)

Building a statement of SQLAlchemy and finding it in a cache costs several times what running it
does. Rows are asyncpg's: ``row["id"]``, ``row[0]``, ``dict(row)``.
"""

# ruff: noqa: SLF001 -- how SQLAlchemy writes a parameter's values

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shared.db.lean import lean
from shared.db.pending import DIALECT


class Prepared:
    """A statement with named parameters (``sa.bindparam``, or ``:name`` in ``sa.text``).

    One that is not given a value is a ``KeyError``.

    Args:
        statement: of SQLAlchemy Core; nothing in it may depend on the number of values, so
            ``= ANY(:ids)`` and not ``in_``.
        columns: which columns an insert or update sets, where its values are not named.
        by_itself: it may stand for itself where nothing was begun before: done for good.
    """

    def __init__(
        self, statement: sa.Executable, columns: Sequence[str] = (), *, by_itself: bool = False
    ) -> None:
        self._statement = statement
        self._columns = columns
        self._by_itself = by_itself
        self._ready = False

    async def rows(self, connection: object, /, **values: object) -> Sequence[Any]:
        """Return all rows."""
        rows, _ = await lean(connection).run(*self._filled(values), by_itself=self._by_itself)
        return rows

    async def row(self, connection: object, /, **values: object) -> Any:
        """Return the first row, or None."""
        rows = await self.rows(connection, **values)
        return rows[0] if rows else None

    async def value(self, connection: object, /, **values: object) -> Any:
        """Return the first column of the first row, or None."""
        rows = await self.rows(connection, **values)
        return rows[0][0] if rows else None

    async def count(self, connection: object, /, **values: object) -> int:
        """Run it; return how many rows it touched."""
        _, count = await lean(connection).run(*self._filled(values))
        return count

    def later(self, connection: object, /, **values: object) -> None:
        """Run it at the end of the transaction, after what else is put off."""
        lean(connection).last.append(self._filled(values))

    def _filled(self, values: dict[str, object]) -> tuple[str, list[object]]:
        if not self._ready:
            self._compile()
        given = {**self._fixed, **values}
        return self._sql, [
            given[name] if with_ is None else with_(given[name]) for name, with_ in self._order
        ]

    def _compile(self) -> None:
        element: Any = self._statement
        compiled = element.compile(dialect=DIALECT, column_keys=list(self._columns) or None)
        if compiled.post_compile_params:
            raise TypeError("BUG: a prepared statement has a fixed number of parameters.")
        asked = {name for bind, name in compiled.bind_names.items() if bind.required}
        known = compiled.construct_params(_check=False).items()
        self._fixed = {name: value for name, value in known if name not in asked}
        processors = compiled._bind_processors
        self._order = [(name, processors.get(name)) for name in compiled.positiontup or ()]
        self._sql: str = compiled.string
        self._ready = True
