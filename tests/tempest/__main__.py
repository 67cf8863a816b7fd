"""Examines a cloud with Tempest, and prints passed, failed and skipped.

python -m tests.tempest --list interop
python -m tests.tempest --area network
python -m tests.tempest tempest.api.image.v2.test_images.BasicOperationsImagesTest.test_list
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from deploy.parts.environments import ROOT
from tests.tempest import configuration, selection
from tests.tempest.cloud import NoCloud, credential, open_cloud
from tests.tempest.running import Ended, counted, run

HOME: Final = ROOT / ".test" / "tempest"


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make tempest", description=__doc__.splitlines()[0])
    parser.add_argument("--list", help="interop, core, or a file with a test per line")
    parser.add_argument("--area", choices=selection.AREAS, help="one API's tests of the list core")
    parser.add_argument("--workers", type=int, default=2, help="test classes at a time")
    parser.add_argument("--json", type=Path, help="write every test's outcome to this file")
    parser.add_argument("--folder", type=Path, default=HOME, help="for Tempest's files")
    parser.add_argument("tests", nargs="*", help="ids of tests, instead of a list")
    given = parser.parse_args()
    if not (given.list or given.area or given.tests):
        parser.error("say what to run: LIST=interop, LIST=core or AREA=network, for example")
    return given


def chosen(given: argparse.Namespace) -> list[str]:
    """Return the tests to run."""
    if given.tests:
        return list(given.tests)
    listed = selection.list_named(given.list or "core")
    return selection.of_area(listed, given.area) if given.area else listed


def main() -> int:
    """Examine; 0 when nothing failed that can apply, and something passed."""
    given = arguments()
    reasons = selection.not_applicable()
    tests = [test for test in chosen(given) if test not in reasons]
    excused = [test for test in chosen(given) if test in reasons]
    try:
        cloud = open_cloud(credential())
        shutil.rmtree(given.folder, ignore_errors=True)
        given.folder.mkdir(parents=True)
        configuration.write(cloud, given.folder)
    except (NoCloud, configuration.Missing) as missing:
        tell(f"tempest: {missing}")
        return 2
    tell(f"tempest: {len(tests)} tests against {cloud.who.auth_url} ...")
    began = time.monotonic()
    results = run(given.folder, tests, given.workers) if tests else {}  # none would mean all
    if given.json:
        told = {test: asdict(ended) for test, ended in results.items()}
        given.json.write_text(json.dumps(told, indent=1))
    absent = [test for test in tests if test not in results and not _fixture(test, results)]
    report(results, absent, excused, reasons)
    passed, failed, skipped = counted(results)
    seconds = time.monotonic() - began
    tell(
        f"{passed} passed, {failed} failed, {skipped} skipped, {len(absent)} did not run, "
        f"{len(excused)} cannot apply ({seconds:.0f} s; {given.folder})"
    )
    return 0 if passed and not failed and not absent else 1


def _fixture(test: str, results: Mapping[str, Ended]) -> bool:
    """Whether the test did not run because its class could not be set up, which is told."""
    owner = test.rpartition(".")[0]
    return any(name.startswith("setUpClass") and owner in name for name in results)


def report(
    results: Mapping[str, Ended],
    absent: Sequence[str],
    excused: Sequence[str],
    reasons: Mapping[str, str],
) -> None:
    """Print everything that did not pass, and why."""
    for word, outcome in (("FAIL", "fail"), ("SKIP", "skip")):
        for test, ended in results.items():
            if ended.outcome == outcome:
                tell(f"{word} {test} | {ended.why}")
    for test in absent:
        tell(f"GONE {test}")
    for test in excused:
        tell(f"NOT APPLICABLE {test} | {reasons[test]}")


if __name__ == "__main__":
    sys.exit(main())
