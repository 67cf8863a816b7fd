"""How far a job that takes long has come, read from its log."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from services.ganeti_watcher.domain.results import clean

FIELDS: Final = ("id", "oplog")
NORMAL: Final = 0

_PERCENT = re.compile(r"(?P<percent>\d{1,3}(?:\.\d+)?)\s*%")


class Progress(NamedTuple):
    """The newest line of a job's log."""

    serial: int = 0  # how many lines there are; the opcodes of a job number theirs apart
    text: str = ""
    percent: float | None = None


def progress_of(cells: Sequence[tuple[int, Any]]) -> tuple[int, Progress]:
    """Read one row of an answer to ``FIELDS``.

    Args:
        cells: ``[status, value]`` per field.
    """
    job_id, logs = (value if state == NORMAL else None for state, value in cells)
    lines = [line for log in logs or () if isinstance(log, list) for line in log]
    text = ""
    if lines and isinstance(lines[-1], list) and len(lines[-1]) > 3:
        text = clean(str(lines[-1][3]))
    found = _PERCENT.search(text)
    percent = min(100.0, float(found["percent"])) if found else None
    return int(job_id or 0), Progress(len(lines), text, percent)
