"""Takes each guard out of a copy of the project, and sees whether its tests notice.

``python -m tests.guards`` tries all of them; words choose those whose place or name has one.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.guards.guard import Guard
from tests.guards.table import GUARDS, ROOT

PARTS: Final = ("services", "shared", "deploy", "tests", "docs")
PATIENCE: Final = 600.0  # seconds for the tests of one guard


def main() -> None:
    """Try the guards that were asked for."""
    asked = sys.argv[1:]
    chosen = [
        each
        for each in (guard for guards in GUARDS.values() for guard in guards)
        if not asked or any(word in f"{each.where} {each.name}" for word in asked)
    ]
    with tempfile.TemporaryDirectory(prefix="cyclades-guards-") as folder:
        copy = _copied(Path(folder))
        missed = [guard for guard in chosen if not _is_noticed(copy, guard)]
    _say(f"{len(chosen) - len(missed)} of {len(chosen)} guards are held by their tests")
    sys.exit(1 if missed else 0)


def _copied(folder: Path) -> Path:
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def _is_noticed(copy: Path, guard: Guard) -> bool:
    """Say, and return, whether tests fail, rather than break, without the guard."""
    path = copy / guard.where
    source = path.read_text()
    path.write_text(guard.without(source))
    try:
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        ran = subprocess.run(  # our own tests
            [*words, *guard.held_by],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        path.write_text(source)
    last = ran.stdout.strip().rsplit("\n", 1)[-1]
    noticed = ran.returncode == 1 and " failed" in last
    _say(f"{'held' if noticed else 'NOT HELD'}: {guard.where}: {guard.name} ({last})")
    for line in ran.stdout.splitlines():
        if line.startswith("E  ") and (not noticed or "--why" in sys.argv):
            _say(f"    {line}")
    return noticed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
