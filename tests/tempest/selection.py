"""Which of Tempest's tests are run: the lists beside this file, or a pattern."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

LISTS: Final = Path(__file__).parent / "lists"
AREAS: Final = ("compute", "network", "image", "volume")


def tests_in(file: Path) -> list[str]:
    """Return the test ids of a list: one per line, `#` begins a comment, tags are dropped."""
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [re.sub(r"\[.*", "", line).split()[0] for line in lines if line]


def list_named(name: str) -> list[str]:
    """Return the tests of a list by its name, or of a file by its path.

    Raises:
        FileNotFoundError: there is neither.
    """
    known = LISTS / f"{name}.txt"
    return tests_in(known if known.exists() else Path(name))


def of_area(tests: Sequence[str], area: str) -> list[str]:
    """Return those tests that examine one of the APIs."""
    return [test for test in tests if test.startswith(f"tempest.api.{area}.")]


def not_applicable() -> Mapping[str, str]:
    """Return why tests cannot apply here, by test."""
    lines = (LISTS / "not-applicable.txt").read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def pattern_of(test: str) -> str:
    """Return the regular expression that finds exactly this test, whatever its tags."""
    return rf"^{re.escape(test)}(\[|$)"
