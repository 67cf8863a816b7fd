"""Rules of the house that no linter has."""

from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LONGEST: Final = 400  # lines
MEDIAN: Final = 120
PARTS: Final = ("services", "shared", "deploy", "tests")


def test_files_are_short() -> None:
    files = [path for part in PARTS for path in (ROOT / part).rglob("*.py")]
    lines = {path: len(path.read_text().splitlines()) for path in files}
    assert lines
    assert [f"{path}: {many}" for path, many in lines.items() if many > LONGEST] == []
    assert median(lines.values()) <= MEDIAN
