"""What an answer says against the cursor: which jobs moved, which are missing, what broke."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.ganeti_watcher.domain.cursor import Cursor, Key, OpenJob
from services.ganeti_watcher.domain.jobs import JobRow

MISSING_FOR: Final = 30.0  # seconds an id may be unknown before its job counts as lost
HOLE: Final = 50  # ids skipped at once beyond which we have been away, and walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of comparing an answer with the cursor."""

    cursor: Cursor
    moved: Sequence[tuple[OpenJob, JobRow]]  # jobs with something to publish
    missing: Sequence[OpenJob] = ()  # unknown for so long that they may be lost
    replaced: Sequence[OpenJob] = ()  # their ids are other jobs' now: lost
    broken: str | None = None  # why this is another history than the cursor's
    hole: int = 0  # the highest id shown, when more ids were skipped than a look follows up


@dataclass(slots=True, kw_only=True)
class _Sorting:
    """The open jobs and the new ids, being told apart."""

    epoch: int
    seen: Mapping[int, JobRow]
    now: float
    still: dict[Key, OpenJob]
    moved: list[tuple[OpenJob, JobRow]] = field(default_factory=list)
    missing: list[OpenJob] = field(default_factory=list)
    replaced: list[OpenJob] = field(default_factory=list)

    def open_job(self, job: OpenJob, *, asked: bool) -> None:
        """Sort one of the open jobs."""
        row = self.seen.get(job.job_id)
        if row is not None and job.is_the_same(row.received):
            self.moved.append((job, row))
        elif row is not None:
            self.replaced.append(self.still.pop(job.place))
        elif asked:
            self._miss(job)

    def new_id(self, job_id: int) -> None:
        """Sort one of the ids above the cursor."""
        job = OpenJob(job_id=job_id, epoch=self.epoch)
        row = self.seen.get(job_id)
        if row is None:
            self._miss(job)
        else:
            self.moved.append((job, row))

    def _miss(self, job: OpenJob) -> None:
        since = self.now if job.missing_since is None else job.missing_since
        self.still[job.place] = missed = replace(job, missing_since=since)
        if self.now - since >= MISSING_FOR:
            self.missing.append(missed)


def compare(
    cursor: Cursor,
    rows: Iterable[JobRow],
    now: float,
    *,
    asked: Collection[int] = (),
    gaps: bool = True,
    upto: int | None = None,
) -> Look:
    """Take in an answer: which jobs moved, which seem lost, where the cursor stands now.

    An id that Ganeti does not know is not in the answer: a filter that mixes ``=`` with ``>``
    leaves it out (seen on 3.0.2), where ``=`` alone answers a row without values.

    Args:
        cursor: before.
        rows: the answer to ``ask``, or to exact ids.
        now: seconds, of a clock that only goes forward.
        asked: the open jobs that were asked for by id.
        gaps: whether ids skipped by the answer are followed up (not on a first look, whose
            window begins anywhere).
        upto: the last id asked for, on a walk through exact ids.
    """
    seen = {row.job_id: row for row in rows if row.status}
    if (broken := _break(cursor, seen)) is not None:
        return Look(cursor=cursor, moved=(), broken=broken)
    # On a walk, what lies beyond its end was asked for as an open job, of the epoch before.
    new = sorted(each for each in seen if cursor.high < each and (upto is None or each <= upto))
    high = max([upto or cursor.high, *new])
    if gaps and upto is None and high - cursor.high - len(new) > HOLE:
        return Look(cursor=cursor, moved=(), hole=high)
    sorting = _Sorting(epoch=cursor.epoch, seen=seen, now=now, still=dict(cursor.open))
    for job in cursor.open.values():
        sorting.open_job(job, asked=job.job_id in asked)
    for job_id in range(cursor.high + 1, high + 1) if gaps else new:
        sorting.new_id(job_id)
    return Look(
        cursor=replace(
            cursor, high=high, anchor=_anchor(cursor, high, seen.get(high)), open=sorting.still
        ),
        moved=sorting.moved,
        missing=sorting.missing,
        replaced=sorting.replaced,
    )


def _anchor(cursor: Cursor, high: int, row: JobRow | None) -> float | None:
    if high == cursor.high and cursor.anchor is not None:
        return cursor.anchor
    return None if row is None else row.received


def _break(cursor: Cursor, seen: Mapping[int, JobRow]) -> str | None:
    """Return why an answer cannot be of the history that was followed so far."""
    last = seen.get(cursor.high)
    if last is not None and cursor.anchor not in (None, last.received):
        return f"Job {cursor.high} is another job than it was."
    for job_id, row in seen.items():
        job = cursor.open.get((cursor.epoch, job_id))
        if job is not None and not job.is_the_same(row.received):
            return f"Job {job_id} is another job than it was."
    return None
