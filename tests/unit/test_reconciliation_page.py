"""The page about reconciliation has every row, and each row is shown by tests that exist."""

import re
from typing import Final

import pytest

from tests.parts.naming import ROOT, missing_tests, named_in

PAGE: Final = (ROOT / "docs" / "reconciliation.md").read_text()
ROWS: Final = [
    *(f"S{number}" for number in range(1, 12)),
    *(f"N{number}" for number in range(1, 9)),
    *(f"K{number}" for number in range(1, 19) if number != 11),  # K11 is all of N
    *(f"A{number}" for number in range(1, 29)),
]
LINES: Final = {
    name: line
    for line in PAGE.splitlines()
    if re.match(r"\| [SNKA]\d", line)
    for name in line.split("|")[1].replace(" ", "").split(",")
}


def test_every_row_is_there_once() -> None:
    assert sorted(LINES) == sorted(ROWS)


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_module_that_is_named_exists() -> None:
    named = re.findall(r"`((?:services|shared)/[\w/]+(?:\.py)?)`", PAGE)
    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_shown_or_says_why_not(row: str) -> None:
    _, _name, _what, becomes, _by, simulated, real, _ = LINES[row].split("|")
    if becomes.strip().startswith("Not applicable because"):
        return
    assert named_in(simulated), "nothing shows it"
    assert not any(each.startswith("tests/ganeti/") for each in named_in(simulated))
    shown_there = any(each.startswith("tests/ganeti/") for each in named_in(real))
    assert shown_there or real.strip().startswith("Not on the real clusters: ")
