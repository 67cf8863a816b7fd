"""Counts round trips to PostgreSQL: whoever makes them, they go through asyncpg's connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import asyncpg

LANES: Final = ("_execute", "execute", "executemany")


@contextmanager
def trips() -> Iterator[list[str]]:
    """Note the SQL of every round trip that this process makes inside the block.

    ``execute`` without arguments is one trip however many statements it has; with arguments it
    goes through ``_execute``, which notes it.
    """
    noted: list[str] = []

    def listening(name: str) -> Any:
        original = getattr(asyncpg.Connection, name)

        async def listen(connection: Any, sql: str, *arguments: Any, **more: Any) -> Any:
            if name != "execute" or not arguments:
                noted.append(" ".join(sql.split()))
            return await original(connection, sql, *arguments, **more)

        return listen

    patches = [patch.object(asyncpg.Connection, name, listening(name)) for name in LANES]
    for each in patches:
        each.start()
    try:
        yield noted
    finally:
        for each in patches:
            each.stop()
