"""The page about guards says what there is: the guards stand where it says, and so do the tests."""

import pytest

from tests.guards.guard import Guard
from tests.guards.table import GUARDS, PAGE, ROOT, page
from tests.parts.naming import missing_tests

EVERY = [guard for guards in GUARDS.values() for guard in guards]


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.guards.table"


def test_every_test_that_is_named_is_there() -> None:
    assert missing_tests(page()) == []
    assert all(guard.held_by for guard in EVERY)


def test_every_file_that_is_named_is_there() -> None:
    """Whether the guards' words still stand there, ``python -m tests.guards`` tells."""
    assert [each.where for each in EVERY if not (ROOT / each.where).is_file()] == []


def test_a_guard_that_is_not_there_cannot_be_taken_out() -> None:
    guard = Guard(name="a", where="b.py", otherwise="c", old="lock()\n", new="", held_by=())
    assert guard.without("lock()\nwork()\n") == "work()\n"
    for source in ("work()\n", "lock()\nlock()\n"):
        with pytest.raises(ValueError, match="once"):
            guard.without(source)
