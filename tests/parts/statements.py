"""Counts what a service asks of its database: every round trip, whoever of its parts makes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from asyncpg.connection import Connection
from asyncpg.prepared_stmt import PreparedStatement

# Where asyncpg sends something and waits for what comes back.
WITH_VALUES: Final = (Connection, "_execute")
PLAIN: Final = (Connection, "execute")  # with values it goes on to the one above
MANY: Final = (Connection, "_executemany")
PREPARED: Final = (PreparedStatement, "_PreparedStatement__bind_execute")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note the statements this process runs inside the block, BEGIN and COMMIT among them."""
    ran: list[str] = []

    def noting(place: tuple[Any, str]) -> Any:
        cls, name = place
        original = getattr(cls, name)

        def noted(self: Any, *arguments: Any, **more: Any) -> Any:
            passes_on = place is PLAIN and len(arguments) > 1
            if not passes_on:
                ran.append(str(arguments[0]) if cls is Connection else self.get_query())
            return original(self, *arguments, **more)

        return patch.object(cls, name, noted)

    with noting(WITH_VALUES), noting(PLAIN), noting(MANY), noting(PREPARED):
        yield ran
