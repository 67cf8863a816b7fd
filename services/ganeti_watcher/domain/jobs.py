"""A job as the windowed query shows it, and the facts its change amounts to.

A poller sees states, not transitions; the row carries all timestamps, so the transitions that
fell between two looks are put back, in order, one fact each.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.ganeti_watcher.domain.outcome import failure_of
from services.ganeti_watcher.domain.results import clean, fit
from shared.contracts.ganeti import FINAL, RANK, JobObserved, JobStatus

# What the tick asks for (cheap), and what is asked for once a job has ended.
FIELDS: Final = ("id", "status", "summary", "received_ts", "start_ts", "opexec", "end_ts")
RESULT_FIELDS: Final = ("id", "opresult", "ops")
NORMAL: Final = 0  # query2's cell status for a value that is there
KNOWN: Final = {str(each): each for each in JobStatus if each is not JobStatus.LOST}
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
    match stamp:
        case [int() | float() as whole, int() | float() as micro]:
            return float(whole) + float(micro) / 1_000_000
        case _:
            return None


def row_of(cells: Sequence[tuple[int, Any]]) -> JobRow:
    """Read one row of an answer to ``FIELDS``.

    A status this code does not know reads as no status: such a job ends up ``lost``, which
    makes everybody look at what it did, where an error would keep the cluster from being
    followed.

    Args:
        cells: ``[status, value]`` per field.
    """
    value = [each if state == NORMAL else None for state, each in cells]
    job_id, status, summary, received, started, executed, ended = value
    times = map(seconds, executed) if isinstance(executed, list | tuple) else ()
    sums = summary if isinstance(summary, list | tuple) else ()
    return JobRow(
        job_id=job_id if isinstance(job_id, int) else 0,
        status=KNOWN.get(status) if isinstance(status, str) else None,
        summary=tuple(clean(str(each)) for each in sums),
        received=seconds(received),
        started=seconds(started),
        executed=next((each for each in times if each is not None), None),
        ended=seconds(ended),
    )


def result_of(cells: Sequence[tuple[int, Any]]) -> tuple[int, JobResult]:
    """Read one row of an answer to ``RESULT_FIELDS``."""
    job_id, results, ops = (each if state == NORMAL else None for state, each in cells)
    told = results if isinstance(results, list | tuple) else ()
    found = JobResult(
        results=tuple(told), key=_key_in(ops if isinstance(ops, list | tuple) else ())
    )
    return job_id if isinstance(job_id, int) else 0, found


def _key_in(ops: Sequence[Any]) -> str | None:
    for op in ops:
        if not isinstance(op, dict):
            continue
        texts = [str(op.get("comment") or "")]
        for entry in op.get("reason") or ():
            match entry:
                case [_, text, *_]:
                    texts.append(str(text))
                case _:
                    continue
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
    times = {
        JobStatus.QUEUED: row.received,
        JobStatus.WAITING: row.started,
        JobStatus.RUNNING: row.executed,
    }
    passed = [
        (status, when)
        for status, when in times.items()
        if RANK[status] < RANK[row.status] and (when is not None or status is JobStatus.QUEUED)
    ]
    passed.append((row.status, times.get(row.status, row.ended)))
    return [each for each in passed if RANK[each[0]] > last_rank]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact about a job, and its place in time among those of other jobs."""

    when: float  # Ganeti's clock; 0 where nothing is known
    fact: JobObserved


def facts_of(
    cluster: str, epoch: int, row: JobRow, last_rank: int, result: JobResult
) -> list[Told]:
    """Return what is to be published of a job, in order."""
    instances, networks = targets(row.summary, "INSTANCE"), targets(row.summary, "NETWORK")
    told: list[Told] = []
    latest = 0.0
    for status, when in steps(row, last_rank):
        latest = max(latest, when or 0.0)  # a clock that was set back reorders nothing
        fact = JobObserved(
            cluster=cluster,
            epoch=epoch,
            job_id=row.job_id,
            status=status,
            summary=list(row.summary),
            instance=instances[0] if instances else None,
            network=networks[0] if networks else None,
            submission=result.key,
            error=failure_of(status, result.results) if status in FINAL else None,
            result=fit(result.results) if status is JobStatus.SUCCESS else [],
            at=None if when is None else datetime.fromtimestamp(when, UTC).isoformat(),
        )
        told.append(Told(when=latest, fact=fact))
    return told


def in_order(told: Iterable[Told]) -> list[JobObserved]:
    """Return facts in the order in which they became so.

    Two jobs of one instance are not always carried out in the order of their ids; what is told
    of the instance is in the order Ganeti's own clock gives. Within a job rank decides.
    """
    ordered = sorted(
        told, key=lambda each: (each.when, each.fact.job_id, each.fact.epoch, each.fact.order)
    )
    return [each.fact for each in ordered]


def lost(cluster: str, epoch: int, job_id: int) -> JobObserved:
    """Return the fact that Ganeti no longer knows a job that had not ended."""
    return JobObserved(
        cluster=cluster,
        epoch=epoch,
        job_id=job_id,
        status=JobStatus.LOST,
        error=failure_of(JobStatus.LOST, ()),
    )
