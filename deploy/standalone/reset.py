"""`python3 -m deploy.standalone.reset`: forget everything the demo has kept.

The installed environments stay; `make clean` removes those. Imports only the standard library.
"""

import fcntl
import os
import shutil
import sys
from pathlib import Path

from deploy.parts.environments import ROOT
from deploy.parts.unprivileged import substitute_for

KEPT = ("env", "lock")


def forget(home: Path) -> None:
    """Remove everything in a folder but the environments, and what lies elsewhere for it."""
    for entry in home.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.rmtree(substitute_for(home / "postgres" / "data"), ignore_errors=True)


def main() -> int:
    """Forget, unless a demo is running."""
    home = Path(os.environ.get("CYCLADES_DEMO_HOME", ROOT / ".demo"))
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"The demo in {home} is running: stop it first.\n")
            return 1
        forget(home)
    sys.stdout.write(f"Forgotten: everything in {home} but the environments.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
