"""Fills the table of servers: rows like a real server's, under other ids."""

from typing import Any, Final

import asyncpg

ROWS: Final = """
INSERT INTO servers ({columns})
SELECT {values}
FROM servers s, generate_series(1, $2::int) n,
     LATERAL (SELECT gen_random_uuid() AS id, n AS n) fresh
WHERE s.id = $1
"""
RENAMED: Final = (
    "convert_to(replace(convert_from(s.{0}, 'UTF8'), s.id::text, fresh.id::text), 'UTF8')"
)


async def fill_servers(url: str, like: str, rows: int) -> str:
    """Have so many servers in all, and return the id of one of the new ones.

    Args:
        url: compute's database.
        like: the id of the server they are like.
        rows: how many there shall be.
    """
    connection = await asyncpg.connect(url)
    try:
        there = await connection.fetchval("SELECT count(*) FROM servers WHERE visible")
        columns: list[Any] = await connection.fetch(
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns "
            "WHERE table_name = 'servers' ORDER BY ordinal_position"
        )
        values = {each["name"]: _value(each["name"], each["type"]) for each in columns}
        statement = ROWS.format(
            columns=", ".join(f'"{name}"' for name in values), values=", ".join(values.values())
        )
        await connection.execute(statement, like, rows - there)
        await connection.execute("VACUUM ANALYZE servers")
        found = await connection.fetchval(
            "SELECT id FROM servers WHERE visible AND id <> $1 ORDER BY random() LIMIT 1", like
        )
        return str(found)
    finally:
        await connection.close()


def _value(name: str, kind: str) -> str:
    if name == "id":
        return "fresh.id"
    if name == "created_at":
        return "s.created_at - fresh.n * interval '1 second'"
    return RENAMED.format(name) if kind == "bytea" else f's."{name}"'
