"""Runs Tempest in its own environment, and reads how each test ended."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.parts.environments import environment
from tests.tempest.selection import pattern_of

SECONDS_PER_TEST: Final = 900
INSIDE: Final = Path(__file__).parent / "in_tempest" / "results.py"
STESTR: Final = """\
[DEFAULT]
test_path={tempest}/tempest/test_discover
top_dir={tempest}
group_regex=([^\\.]*\\.)*
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one test ended."""

    outcome: str  # success, fail, skip
    why: str


def run(folder: Path, tests: Sequence[str], workers: int) -> Mapping[str, Ended]:
    """Run the tests; return how each ended. A test that never began is not among them.

    Args:
        folder: holds tempest.conf; results and logs are left there.
        tests: ids without tags.
        workers: how many classes at a time.
    """
    home = environment("tempest").home
    packages = next((home / "lib").glob("python3.*")) / "site-packages"
    (folder / ".stestr.conf").write_text(STESTR.format(tempest=packages))
    chosen = folder / "chosen.txt"
    chosen.write_text("".join(f"{pattern_of(test)}\n" for test in tests))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environ |= {
        "TEMPEST_CONFIG_DIR": str(folder),
        "TEMPEST_CONFIG": "tempest.conf",
        "OS_LOG_CAPTURE": "1",
        "OS_TEST_TIMEOUT": str(SECONDS_PER_TEST),
        "PATH": f"{home / 'bin'}:{environ.get('PATH', '')}",
    }
    command = ["stestr", "run", "--subunit", "--concurrency", str(workers)]
    stream = folder / "results.subunit"
    with stream.open("wb") as out, (folder / "stestr.log").open("wb") as log:
        subprocess.run(
            [*command, "--include-list", chosen],
            cwd=folder,
            env=environ,
            stdout=out,
            stderr=log,
            check=False,
        )
    with stream.open("rb") as recorded:
        read = subprocess.run(
            [home / "bin" / "python", INSIDE], stdin=recorded, capture_output=True, check=True
        )
    return {test: Ended(*ended) for test, ended in json.loads(read.stdout).items()}


def counted(results: Mapping[str, Ended]) -> tuple[int, int, int]:
    """Return how many passed, failed and were skipped."""
    counts = Counter(ended.outcome for ended in results.values())
    return counts["success"], counts["fail"], counts["skip"]
