"""What an error of the database means for whoever waits for an answer."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db.trouble import DatabaseAway, DatabaseFull, is_at_odds, unavailable


def wrapped(problem: Exception) -> DBAPIError:
    return DBAPIError("SELECT 1", None, problem)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (ConnectionRefusedError(111, "refused"), DatabaseAway),
        (TimeoutError(), DatabaseAway),
        (asyncpg.CannotConnectNowError("starting up"), DatabaseAway),
        (asyncpg.AdminShutdownError("terminating"), DatabaseAway),
        (asyncpg.ConnectionDoesNotExistError("closed"), DatabaseAway),
        (asyncpg.InterfaceError("connection is closed"), DatabaseAway),
        (asyncpg.InternalClientError("cannot switch to state 12"), DatabaseAway),
        (asyncpg.TooManyConnectionsError("too many clients"), DatabaseAway),
        (asyncpg.QueryCanceledError("statement timeout"), DatabaseAway),
        (wrapped(asyncpg.DeadlockDetectedError("deadlock")), DatabaseAway),
        (wrapped(asyncpg.SerializationError("serialize")), DatabaseAway),
        (wrapped(asyncpg.DiskFullError("disk full")), DatabaseFull),
        (wrapped(asyncpg.ReadOnlySQLTransactionError("read-only")), DatabaseFull),
    ],
)
def test_trouble_is_answered_with_when_to_come_back(problem: Exception, kind: type) -> None:
    answer = unavailable(problem)
    assert type(answer) is kind
    assert answer is not None
    assert answer.retry_after


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("a bug"),
        IntegrityError("INSERT", None, asyncpg.UniqueViolationError("taken")),
        wrapped(asyncpg.UndefinedColumnError("a bug")),
    ],
)
def test_anything_else_is_no_trouble_of_the_database(problem: Exception) -> None:
    assert unavailable(problem) is None


def test_what_gave_way_may_be_repeated_at_once() -> None:
    assert is_at_odds(wrapped(asyncpg.DeadlockDetectedError("deadlock")))
    assert not is_at_odds(asyncpg.AdminShutdownError("terminating"))
