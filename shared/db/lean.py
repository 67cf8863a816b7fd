"""A transaction's connection: statements of SQLAlchemy Core, run by asyncpg itself.

SQLAlchemy writes the SQL and knows the types; its own way of running it costs three times what
PostgreSQL needs for the work. ``LeanConnection`` keeps the part of ``AsyncConnection`` that stores
use: ``execute``, ``scalar`` and ``scalars``, with the same rows, counts and exceptions.
"""

# ruff: noqa: SLF001 -- one call of asyncpg gives rows and their count; SQLAlchemy's table of errors

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import IteratorResult, ScalarResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.compiling import Compiler, Ready
from shared.db.pending import Pending

NOTHING: Final = SimpleResultMetaData(("nothing",))  # no row tells what its columns are


# Locks, advisory ones too, and what else a transaction is needed for.
NOT_PLAIN: Final = re.compile(
    r"\bFOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE|KEY)\b|\bpg_|nextval|set_config"
)


@lru_cache(maxsize=4096)
def is_plain_read(sql: str) -> bool:
    """Whether the statement reads and locks nothing.

    At the start of a transaction it may stand for itself: each statement sees what is committed
    when it begins, in a transaction or before one.
    """
    return sql.lstrip().startswith("SELECT") and NOT_PLAIN.search(sql) is None


class LeanResult(IteratorResult[Any]):
    """The rows of a statement, and how many it touched."""

    def __init__(self, columns: SimpleResultMetaData, rows: Sequence[Any], count: int) -> None:
        super().__init__(columns, iter(rows))
        self.rowcount = count


class LeanConnection:
    """Runs statements on a borrowed connection; begins at the first, if it is a transaction.

    Args:
        raw: asyncpg's connection.
        compiler: of the database.
        dialect: translates errors.
        by_itself: each statement stands for itself; there is no transaction.
    """

    def __init__(
        self, raw: Any, compiler: Compiler, dialect: Dialect, *, by_itself: bool = False
    ) -> None:
        self._raw = raw
        self._compile = compiler
        self._dialect = dialect
        self._began = by_itself
        self._by_itself = by_itself
        self.pending = Pending()
        self.last: list[tuple[str, Sequence[Any]]] = []  # what runs after what is pending

    @property
    def has_begun(self) -> bool:
        """Whether it did more than read."""
        return self._began

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> LeanResult:
        """Run a statement of SQLAlchemy Core, once or for each of several sets of values."""
        ready = self._compile(statement, parameters)
        if len(ready.arguments) > 1:
            await self.run_many(ready.sql, ready.arguments)
            return LeanResult(NOTHING, (), -1)
        records, count = await self.run(ready.sql, ready.arguments[0])
        return LeanResult(_columns(ready, records), [tuple(each) for each in records], count)

    async def scalar(self, statement: sa.Executable, parameters: Any = None) -> Any:
        """Run a statement; return the first column of its first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: sa.Executable, parameters: Any = None) -> ScalarResult[Any]:
        """Run a statement; return the first column of its rows."""
        return (await self.execute(statement, parameters)).scalars()

    async def run(
        self, sql: str, arguments: Sequence[Any], *, by_itself: bool = False
    ) -> tuple[Sequence[Any], int]:
        """Run SQL with ``$1`` and so on; return asyncpg's records, and how many rows it touched.

        Args:
            sql: the statement.
            arguments: its values.
            by_itself: it may stand for itself, if nothing was begun before.
        """
        try:
            if not (self._began or by_itself or is_plain_read(sql)):
                await self.begin()
            records, status, _ = await self._raw._execute(
                sql, arguments, 0, None, return_status=True
            )
        except asyncpg.PostgresError as problem:
            raise self._translated(problem, sql) from problem
        except asyncpg.InterfaceError as problem:
            raise self._translated(problem, sql) from problem
        return records, _count_in(status)

    async def run_many(self, sql: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run SQL once for each set of arguments, all in one round trip."""
        try:
            if not self._began:
                await self.begin()
            await self._raw.executemany(sql, arguments)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise self._translated(problem, sql) from problem

    async def begin(self, *locks: int) -> None:
        """Begin, unless that was done, and take advisory locks in this order: one round trip.

        What is read after this is as those left it who held the locks before.
        """
        words = [] if self._began else ["BEGIN"]
        words += [f"SELECT pg_advisory_xact_lock({int(key)})" for key in locks]
        self._began = True
        if words:
            try:
                await self._raw.execute("; ".join(words))
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                raise self._translated(problem, words[-1]) from problem

    async def flush(self) -> None:
        """Write what was put off, all of it in one statement."""
        for sql, arguments in self._put_off():
            await self.run(sql, arguments)

    def _put_off(self) -> list[tuple[str, Sequence[Any]]]:
        """Return what was put off; it is not, from now on."""
        rows: list[tuple[str, Sequence[Any]]] = []
        if self.pending:
            rows += self.pending.take()
        last, self.last = self.last, []
        return rows + last

    async def commit(self) -> None:
        """Write what was put off, and end the transaction; one statement alone needs none."""
        last = self._put_off()
        if not self._began and len(last) == 1:
            self._began = self._by_itself = True
        for sql, arguments in last:
            await self.run(sql, arguments)
        if self._began and not self._by_itself:
            try:
                await self._raw.execute("COMMIT")
            except asyncpg.PostgresError as problem:  # a deferred constraint
                raise self._translated(problem, "COMMIT") from problem

    async def roll_back(self) -> None:
        """Take back what the transaction did; a connection that is lost took it back itself."""
        if self._raw.is_in_transaction():
            try:
                await self._raw.execute("ROLLBACK")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                self._raw.terminate()

    def _translated(self, problem: Exception, sql: str) -> Exception:
        """Return the exception that SQLAlchemy would have raised."""
        dialect: Any = self._dialect
        known = dialect.loaded_dbapi._asyncpg_error_translate
        kind = next(known[each] for each in type(problem).__mro__ if each in known)
        translated: Exception = sa.exc.DBAPIError.instance(
            sql,
            None,
            kind(str(problem), problem),
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            dialect=dialect,
        )
        return translated


def _columns(ready: Ready, records: Sequence[Any]) -> SimpleResultMetaData:
    if ready.columns is not None:
        return ready.columns
    return SimpleResultMetaData(tuple(records[0].keys())) if records else NOTHING


def _count_in(status: bytes | str | None) -> int:
    """Return the number of rows in PostgreSQL's word on a statement, as in ``UPDATE 3``."""
    if not status:
        return -1
    last = (status.decode() if isinstance(status, bytes) else status).rpartition(" ")[2]
    return int(last) if last.isdigit() else -1


def lean(connection: object) -> LeanConnection:
    """Return what a store's connection is; stores see it as ``AsyncConnection``.

    Raises:
        TypeError: it is SQLAlchemy's own.
    """
    if not isinstance(connection, LeanConnection):
        raise TypeError("BUG: not a connection of a unit of work")
    return connection


def put_off(
    connection: object,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
) -> None:
    """Have rows inserted at the end of a store's transaction; see ``Pending.add``."""
    lean(connection).pending.add(table, rows, unless_there=unless_there)


async def flush(connection: object) -> None:
    """Have what was put off written now, because it is to be read or changed."""
    await lean(connection).flush()


# What the house's own stores stand on; those of services say AsyncConnection and get a lean one.
Connection = AsyncConnection | LeanConnection
