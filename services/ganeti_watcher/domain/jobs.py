"""A job as the windowed query shows it, and the facts its change amounts to.

A poller sees states, not transitions; the row carries all timestamps, so the transitions that
fell between two looks are put back, in order, one fact each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.ganeti_watcher.domain.outcome import failure_of
from shared.contracts.ganeti import FINAL, RANK, JobObserved, JobStatus

# What the tick asks for (cheap), and what is asked for once a job has ended.
FIELDS: Final = ("id", "status", "summary", "received_ts", "start_ts", "opexec", "end_ts")
RESULT_FIELDS: Final = ("id", "opresult", "ops")
NORMAL: Final = 0  # query2's cell status for a value that is there
PREFIXES: Final = {"INSTANCE": ("INSTANCE_", "BACKUP_"), "NETWORK": ("NETWORK_",)}

_SUMMARY = re.compile(r"^(?P<op>[A-Z0-9_]+)\((?P<target>[^()]+)\)$")
_KEY = re.compile(r"cyclades:(?P<key>[0-9a-f-]{36})")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One row of the windowed query; ``status`` None says that Ganeti has no such job."""

    job_id: int
    status: JobStatus | None
    summary: tuple[str, ...] = ()
    received: float | None = None
    started: float | None = None
    executed: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What only an ended job has: its results and the parameters it ran with."""

    results: tuple[Any, ...] = ()
    key: str | None = None


def seconds(stamp: Any) -> float | None:
    """Return Ganeti's ``[seconds, microseconds]`` as one number."""
    if isinstance(stamp, list | tuple) and len(stamp) == 2:
        return float(stamp[0]) + float(stamp[1]) / 1_000_000
    return None


def row_of(cells: Sequence[tuple[int, Any]]) -> JobRow:
    """Read one row of an answer to ``FIELDS``.

    Args:
        cells: ``[status, value]`` per field.
    """
    value = [each if state == NORMAL else None for state, each in cells]
    job_id, status, summary, received, started, executed, ended = value
    first = next((s for s in map(seconds, executed or ()) if s is not None), None)
    return JobRow(
        job_id=int(job_id or 0),
        status=JobStatus(status) if status else None,
        summary=tuple(summary or ()),
        received=seconds(received),
        started=seconds(started),
        executed=first,
        ended=seconds(ended),
    )


def result_of(cells: Sequence[tuple[int, Any]]) -> tuple[int, JobResult]:
    """Read one row of an answer to ``RESULT_FIELDS``."""
    job_id, results, ops = (each if state == NORMAL else None for state, each in cells)
    return int(job_id or 0), JobResult(results=tuple(results or ()), key=_key_in(ops or ()))


def _key_in(ops: Sequence[Any]) -> str | None:
    for op in ops:
        if not isinstance(op, dict):
            continue
        texts = [str(op.get("comment") or "")]
        texts += [str(entry[1]) for entry in op.get("reason") or () if len(entry) > 1]
        for text in texts:
            if found := _KEY.search(text):
                return found["key"]
    return None


def targets(summary: Sequence[str], kind: str) -> list[str]:
    """Return the names the opcodes of a kind (``INSTANCE``, ``NETWORK``) work on."""
    found = (_SUMMARY.match(each) for each in summary)
    return [each["target"] for each in found if each and each["op"].startswith(PREFIXES[kind])]


def steps(row: JobRow, last_rank: int) -> list[tuple[JobStatus, float | None]]:
    """Return the statuses the job has gone through since the last look, with their times.

    Args:
        row: the job now.
        last_rank: rank of the last status published; -1 when none was.
    """
    if row.status is None:
        return []
    passed: list[tuple[JobStatus, float | None]] = [(JobStatus.QUEUED, row.received)]
    if row.started is not None:
        passed.append((JobStatus.WAITING, row.started))
    if row.executed is not None:
        passed.append((JobStatus.RUNNING, row.executed))
    passed = [each for each in passed if RANK[each[0]] < RANK[row.status]]
    passed.append((row.status, row.ended))
    return [each for each in passed if RANK[each[0]] > last_rank]


def facts_of(
    cluster: str, epoch: int, row: JobRow, last_rank: int, result: JobResult
) -> list[JobObserved]:
    """Return what is to be published of a job, in order."""
    instances, networks = targets(row.summary, "INSTANCE"), targets(row.summary, "NETWORK")
    return [
        JobObserved(
            cluster=cluster,
            epoch=epoch,
            job_id=row.job_id,
            status=status,
            summary=list(row.summary),
            instance=instances[0] if instances else None,
            network=networks[0] if networks else None,
            submission=result.key,
            error=failure_of(status, result.results) if status in FINAL else None,
            result=list(result.results) if status is JobStatus.SUCCESS else [],
            at=None if when is None else datetime.fromtimestamp(when, UTC).isoformat(),
        )
        for status, when in steps(row, last_rank)
    ]


def lost(cluster: str, epoch: int, job_id: int) -> JobObserved:
    """Return the fact that Ganeti no longer knows a job that had not ended."""
    return JobObserved(
        cluster=cluster,
        epoch=epoch,
        job_id=job_id,
        status=JobStatus.LOST,
        error=failure_of(JobStatus.LOST, ()),
    )
