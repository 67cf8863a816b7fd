"""Turns a subunit stream on standard input into JSON: test -> [outcome, why]."""

import json
import re
import sys
from collections import defaultdict
from importlib import import_module
from typing import Any, Final

TOLD: Final = ("traceback", "reason")
TELLING: Final = re.compile(r"\S*(Error|Exception|Details|mismatch)|tempest\.|testtools\.|Body")
FAILED: Final = ("fail", "uxsuccess")
BEFORE_ITS_END: Final = (None, "inprogress", "exists")


class Collector:
    """Remembers how each test ended, and what it said."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.said: dict[str, bytes] = defaultdict(bytes)

    def startTestRun(self) -> None:  # noqa: N802 - testtools' name
        """Begin."""

    def stopTestRun(self) -> None:  # noqa: N802 - testtools' name
        """End."""

    def status(
        self,
        test_id: str | None = None,
        test_status: str | None = None,
        file_name: str | None = None,
        file_bytes: bytes | None = None,
        **_more: Any,
    ) -> None:
        """Take one event of the stream."""
        if not test_id or test_id == "stdout":
            return
        test = re.sub(r"\[.*", "", test_id)
        if file_bytes and file_name in TOLD:
            self.said[test] += bytes(file_bytes)
        if test_status not in BEFORE_ITS_END:
            self.outcomes[test] = "fail" if test_status in FAILED else str(test_status)


def last_words(said: bytes) -> str:
    """Return the line of a traceback that says what went wrong, or a skip's reason."""
    lines = said.decode("utf8", "replace").strip().splitlines()
    telling = [line for line in lines if TELLING.match(line)]
    return (telling or lines or [""])[-1][:400]


def main() -> None:
    """Read, and print."""
    collector = Collector()
    stream = import_module("subunit").ByteStreamToStreamResult(
        sys.stdin.buffer, non_subunit_name="stdout"
    )
    stream.run(collector)
    found = {
        test: [outcome, last_words(collector.said[test])]
        for test, outcome in sorted(collector.outcomes.items())
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
