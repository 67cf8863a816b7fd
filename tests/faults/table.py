"""Writes ``docs/reliability.md``: which fault is met by which test, from the tests themselves.

``python -m tests.faults.table`` after a test was added; ``--check`` says whether that was done.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"
HEAD: Final = """# Faults, and what becomes of them

Each row is a test of its own in `tests/faults/`, run with `make test`; long waits run on a scaled
clock. This page is written by `python -m tests.faults.table` from the tests' first lines.

| fault | what happens | held by |
|---|---|---|
"""
FOOT: Final = """
The storm (F16) is `make storm`: it prints its figures, and fails where one falls short.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault."""

    number: str
    sentence: str
    module: str
    tests: tuple[str, ...]

    @property
    def line(self) -> str:
        """The row of the table."""
        names = "<br>".join(each.removeprefix("test_").replace("_", " ") for each in self.tests)
        return f"| {self.number} | {self.sentence} | `{self.module}`: {names} |"


def row_of(path: Path) -> Row:
    """Read one module of tests.

    Raises:
        ValueError: its first line does not say which fault it is about, or it tests nothing.
    """
    tree = ast.parse(path.read_text())
    first = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    number, _, sentence = first.partition(": ")
    if number != path.stem.split("_")[1].upper() or not sentence:
        raise ValueError(f"{path.name} does not begin with its fault's number and what happens")
    functions = (
        each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    tests = tuple(each.name for each in functions if each.name.startswith("test_"))
    if not tests:
        raise ValueError(f"{path.name} tests nothing")
    return Row(number=number, sentence=sentence.rstrip("."), module=path.name, tests=tests)


def page() -> str:
    """Return the page as it should be."""
    rows = [row_of(path) for path in sorted(HERE.glob("test_f[0-9][0-9]_*.py"))]
    return HEAD + "\n".join(row.line for row in rows) + "\n" + FOOT


def main() -> None:
    """Write the page, or check it."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit(f"{PAGE.relative_to(ROOT)} is old: run python -m tests.faults.table")


if __name__ == "__main__":
    main()
