"""What a database in trouble means for whoever waits for an answer: later, never a 500.

The transaction was rolled back or never began, so a repeat finds nothing done by halves. Only a
connection lost at the very commit leaves it open; there the idempotency key answers.
"""

from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import Unavailable

AT_ODDS: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock: nobody's fault
AWAY: Final = ("08", "57P", "53300")  # connection lost, shutting down or starting, none free
FULL: Final = frozenset({"53100", "53200", "25006"})  # no disk, no memory, or read-only
SLOW: Final = frozenset({"57014", "55P03"})  # a statement or a lock took too long
BRIEF: Final = 1  # seconds after which a repeat may work
LONG: Final = 5


class DatabaseAway(Unavailable):
    """The service's database cannot be reached, or is too busy."""

    code = "database.away"


class DatabaseFull(Unavailable):
    """The database takes no writes now."""

    code = "storage_full"


def unavailable(error: BaseException) -> Unavailable | None:
    """Return what to answer where the database is to blame; None where it is not."""
    state = _state_in(error)
    if state in FULL:
        return DatabaseFull("The service cannot store anything now.", retry_after=LONG)
    if state in AT_ODDS or state in SLOW:
        return DatabaseAway("Another request was in the way: repeat this one.", retry_after=BRIEF)
    if state.startswith(AWAY) or (not state and _is_lost(error)):
        return DatabaseAway("The service's database does not answer.", retry_after=LONG)
    return None


def is_at_odds(error: BaseException) -> bool:
    """Whether a transaction gave way to another one: the same again is likely to succeed."""
    return _state_in(error) in AT_ODDS


def _is_lost(error: BaseException) -> bool:
    # An internal error is what asyncpg has for whoever asks a connection that is being ended.
    kinds = (
        ConnectionError,
        TimeoutError,
        PoolTimeout,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    )
    return any(isinstance(each, kinds) for each in _causes(error)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _state_in(error: BaseException) -> str:
    """Return PostgreSQL's code of the error, or an empty text."""
    for each in _causes(error):
        if state := getattr(each, "sqlstate", None):
            return str(state)
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        original = getattr(cause, "orig", None)
        cause = original if isinstance(original, BaseException) else cause.__cause__
