"""Pages that name tests: ``tests/unit/x/test_y.py::test_z``; a test that is named must exist."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
NAMED: Final = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")


def named_in(text: str) -> set[str]:
    """Return the tests that a text names, each as ``path::name``."""
    return {f"{path}::{name}" for path, name in NAMED.findall(text)}


def missing_tests(text: str) -> list[str]:
    """Return those of the tests a text names that are not there."""
    return sorted(each for each in named_in(text) if not _exists(*each.split("::")))


def _exists(path: str, name: str) -> bool:
    return name in _tests_of(ROOT / path)


@cache
def _tests_of(path: Path) -> frozenset[str]:
    if not path.exists():
        return frozenset()
    found = ast.walk(ast.parse(path.read_text()))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(each.name for each in found if isinstance(each, kinds))
