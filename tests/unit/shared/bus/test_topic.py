import re

import pytest

from shared.bus.topic import as_expression, matches


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("a.b.c", "a.b.c", True),
        ("a.b.c", "a.b", False),
        ("a.b", "a.b.c", False),
        ("a.*.c", "a.b.c", True),
        ("a.*", "a.b.c", False),
        ("*.*.*", "a.b.c", True),
        ("#", "a.b.c", True),
        ("a.#", "a", True),
        ("a.#", "a.b.c", True),
        ("a.#.c", "a.c", True),
        ("a.#.c", "a.b.b.c", True),
        ("a.#.c", "a.b.b", False),
        ("b.#", "a.b", False),
    ],
)
def test_a_pattern_picks_what_a_topic_exchange_would(
    pattern: str, key: str, expected: bool
) -> None:
    assert matches(pattern, key) is expected
    assert bool(re.search(as_expression(pattern), f".{key}")) is expected


def test_words_are_no_expressions() -> None:
    assert not re.search(as_expression("a.b+.c"), ".a.bb.c")
    assert re.search(as_expression("a.b+.c"), ".a.b+.c")
