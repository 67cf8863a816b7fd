"""How far a cluster's jobs have been followed, and what the next look must ask for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.ganeti_watcher.domain.jobs import JobRow

HOT: Final = 50  # open jobs asked for by id at every look; the rest every few looks
MISSING_FOR: Final = 30.0  # seconds an id may be unknown before its job counts as lost
FIRST_LOOK: Final = 200  # how many of the newest ids a first look takes in
UNKNOWN: Final = -1  # rank of a job nothing was published of yet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A job that had not ended when last seen, or an id that was skipped."""

    job_id: int
    epoch: int
    rank: int = UNKNOWN
    received: float | None = None  # tells a reused id from the job it belonged to
    missing_since: float | None = None  # the watcher's own clock

    def is_the_same(self, received: float | None) -> bool:
        """Whether a job that was received then is this one, and not a later one with its id."""
        return self.received is None or self.received == received


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a cluster's job history has been read up to."""

    epoch: int
    high: int  # the highest id seen
    open: Mapping[int, OpenJob] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of comparing an answer with the cursor."""

    cursor: Cursor
    moved: Sequence[tuple[OpenJob, JobRow]]  # jobs with something to publish
    lost: Sequence[OpenJob]


def ask(cursor: Cursor, *, all_open: bool) -> list[Any]:
    """Return the filter of the next look: what is new, and the open jobs.

    Args:
        cursor: where we are.
        all_open: ask for every open job, not only for the hot ones.
    """
    ids = asked_for(cursor, all_open=all_open)
    return ["|", [">", "id", cursor.high], *(["=", "id", job_id] for job_id in ids)]


def asked_for(cursor: Cursor, *, all_open: bool) -> list[int]:
    """Return the open jobs the next look asks for: the newest, or all."""
    ids = sorted(cursor.open)
    return ids if all_open else ids[-HOT:]


def first(epoch: int, last_id: int) -> Cursor:
    """Return the cursor a cluster starts with: its newest jobs are taken in, older ones are not."""
    return Cursor(epoch=epoch, high=max(0, last_id - FIRST_LOOK))


def next_epoch(cursor: Cursor, epoch: int, last_id: int) -> Cursor:
    """Return the cursor after the history broke: open jobs keep the epoch they were made in."""
    return Cursor(epoch=epoch, high=max(0, last_id - FIRST_LOOK), open=cursor.open)


def compare(
    cursor: Cursor,
    rows: Iterable[JobRow],
    now: float,
    *,
    asked: Collection[int] = (),
    gaps: bool = True,
) -> Look:
    """Take in an answer: which jobs moved, which seem lost, where the cursor stands now.

    An id that Ganeti does not know is not in the answer: a filter that mixes ``=`` with ``>``
    leaves it out (seen on 3.0.2), where ``=`` alone would answer a row without values.

    Args:
        cursor: before.
        rows: the answer to ``ask``.
        now: seconds, of a clock that only goes forward.
        asked: the open jobs that were asked for by id.
        gaps: whether ids skipped by the answer are followed up (not on a first look, whose
            window begins anywhere).
    """
    still: dict[int, OpenJob] = dict(cursor.open)
    moved: list[tuple[OpenJob, JobRow]] = []
    gone: list[OpenJob] = []
    seen = {row.job_id: row for row in rows}
    high = max([cursor.high, *(job_id for job_id, row in seen.items() if row.status)])
    for job_id, row in sorted(seen.items()):
        job = still.get(job_id) or OpenJob(job_id=job_id, epoch=cursor.epoch)
        if row.status is None or not job.is_the_same(row.received):
            _miss(still, gone, job, now)
        else:
            moved.append((job, row))
    for job_id in asked:
        if job_id not in seen:
            _miss(still, gone, still[job_id], now)
    if gaps:
        for job_id in range(cursor.high + 1, high + 1):
            if job_id not in seen:
                still.setdefault(
                    job_id, OpenJob(job_id=job_id, epoch=cursor.epoch, missing_since=now)
                )
    return Look(cursor=Cursor(epoch=cursor.epoch, high=high, open=still), moved=moved, lost=gone)


def _miss(still: dict[int, OpenJob], gone: list[OpenJob], job: OpenJob, now: float) -> None:
    since = now if job.missing_since is None else job.missing_since
    if now - since >= MISSING_FOR:
        still.pop(job.job_id, None)
        gone.append(job)
        return
    still[job.job_id] = OpenJob(
        job_id=job.job_id,
        epoch=job.epoch,
        rank=job.rank,
        received=job.received,
        missing_since=since,
    )
