"""Fills tables: rows like a real one, under other ids."""

from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

ROWS: Final = """
INSERT INTO {table} ({columns})
SELECT {values}
FROM {table} s, generate_series($2::int + 1, $3::int) n,
     LATERAL (SELECT gen_random_uuid() AS id, n AS n) fresh
WHERE s.id = $1
"""
COUNT: Final = "SELECT count(*) FROM {0} WHERE {1}"
# Of what is like the first row: what was made otherwise, by the accepts say, is older.
NEXT: Final = "SELECT id FROM {0} WHERE {1} AND id <> $1 ORDER BY created_at DESC LIMIT 1"
TEXT: Final = "replace(s.{0}, s.id::text, fresh.id::text)"
BYTES: Final = (
    "convert_to(replace(convert_from(s.{0}, 'UTF8'), s.id::text, fresh.id::text), 'UTF8')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How a table is filled."""

    table: str
    lives: str  # the condition of a row that is listed
    documents: tuple[str, ...] = ()  # texts that hold the id
    others: dict[str, str] = field(default_factory=dict)  # column -> SQL, of {s} and {fresh}


async def fill(url: str, filling: Filling, like: str, rows: int) -> str:
    """Have so many rows in all, and return the id of one of the new ones.

    Args:
        url: the service's database.
        filling: which table, and how.
        like: the id of the row they are like.
        rows: how many there shall be.
    """
    table, lives = filling.table, filling.lives
    connection = await asyncpg.connect(url)
    try:
        there = await connection.fetchval(COUNT.format(table, lives))
        columns: list[Any] = await connection.fetch(
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns "
            "WHERE table_name = $1 ORDER BY ordinal_position",
            table,
        )
        values = {each["name"]: _value(filling, each["name"], each["type"]) for each in columns}
        statement = ROWS.format(
            table=table,
            columns=", ".join(f'"{name}"' for name in values),
            values=", ".join(values.values()),
        )
        await connection.execute(statement, like, there, rows)  # each older than those before
        await connection.execute(f"VACUUM ANALYZE {table}")
        found = await connection.fetchval(NEXT.format(table, lives), like)
        return str(found)
    finally:
        await connection.close()


def _value(filling: Filling, name: str, kind: str) -> str:
    if name == "id":
        return "fresh.id"
    if name == "created_at":
        return "s.created_at - fresh.n * interval '0.1 millisecond'"
    if name in filling.others:
        return filling.others[name]
    if name in filling.documents:
        return TEXT.format(name)
    return BYTES.format(name) if kind == "bytea" else f's."{name}"'
