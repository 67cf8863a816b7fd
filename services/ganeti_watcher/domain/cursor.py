"""How far a cluster's jobs have been followed, and what the next look must ask for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.ganeti_watcher.domain.jobs import JobRow
from shared.contracts.ganeti import RANK, JobStatus

MOVING: Final = 100  # open jobs past the queue that are asked for at every look
NEXT: Final = 30  # queued jobs, those next in turn, likewise
YOUNG: Final = 50  # ids nobody has seen a job of, likewise
FIRST_LOOK: Final = 200  # how many of the newest ids a first look takes in
UNKNOWN: Final = -1  # rank of a job nothing was published of yet

Key = tuple[int, int]  # epoch, job id: an id alone may belong to two jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A job that had not ended when last seen, or an id that was skipped."""

    job_id: int
    epoch: int
    rank: int = UNKNOWN
    received: float | None = None  # tells a reused id from the job it belonged to
    key: str | None = None  # of the submission it must be of, where the gateway said so
    missing_since: float | None = None  # the watcher's own clock

    @property
    def place(self) -> Key:
        """Where it is kept."""
        return self.epoch, self.job_id

    def is_the_same(self, received: float | None) -> bool:
        """Whether a job that was received then is this one, and not a later one with its id."""
        return self.received is None or self.received == received

    def at(self, row: JobRow) -> "OpenJob":
        """Return it as the row shows it."""
        rank = self.rank if row.status is None else max(self.rank, RANK[row.status])
        return replace(self, rank=rank, received=row.received, missing_since=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a cluster's job history has been read up to."""

    epoch: int
    high: int  # the highest id seen
    anchor: float | None = None  # when that job was received: another time is another history
    open: Mapping[Key, OpenJob] = field(default_factory=dict)


def hot(cursor: Cursor) -> list[int]:
    """Return the open jobs every look asks for: what runs, what is next, what is new.

    Ganeti runs the oldest first, and a few dozen at a time. What is deep in the queue is looked
    at now and then (``cold``).
    """
    moving, queued, young = [], [], []
    for job in cursor.open.values():
        if job.rank >= RANK[JobStatus.WAITING]:
            moving.append(job.job_id)
        elif job.rank == UNKNOWN:
            young.append(job.job_id)
        else:
            queued.append(job.job_id)
    return sorted({*sorted(moving)[:MOVING], *sorted(queued)[:NEXT], *sorted(young)[-YOUNG:]})


def cold(cursor: Cursor, after: int, many: int) -> list[int]:
    """Return the next open jobs of those that not every look asks for.

    Args:
        cursor: where we are.
        after: the last one asked for this way.
        many: at most so many.
    """
    asked = set(hot(cursor))
    rest = sorted({job_id for _epoch, job_id in cursor.open} - asked)
    return ([each for each in rest if each > after] or rest)[:many]


def ask(cursor: Cursor, ids: Iterable[int]) -> list[Any]:
    """Return the filter of a look: what is new, the open jobs, and the last one seen.

    Args:
        cursor: where we are.
        ids: the open jobs to ask for.
    """
    wanted = {*ids, *([cursor.high] if cursor.anchor is not None else ())}
    return ["|", [">", "id", cursor.high], *(["=", "id", each] for each in sorted(wanted))]


def first(epoch: int, last_id: int) -> Cursor:
    """Return the cursor a cluster starts with: its newest jobs are taken in, older ones are not."""
    return Cursor(epoch=epoch, high=max(0, last_id - FIRST_LOOK))


def next_epoch(cursor: Cursor, epoch: int, start: int) -> Cursor:
    """Return the cursor of a new history.

    Open jobs keep the epoch they were made in. Ids that were only skipped are forgotten: what
    they are now belongs to the new history.

    Args:
        cursor: of the old history.
        epoch: the new one.
        start: the highest id that is not told in the new epoch.
    """
    kept = {
        place: replace(job, missing_since=None)
        for place, job in cursor.open.items()
        if job.rank != UNKNOWN or job.key is not None
    }
    return Cursor(epoch=epoch, high=max(0, start), open=kept)


def with_promised(cursor: Cursor, promised: Iterable[OpenJob]) -> Cursor:
    """Return the cursor with jobs that somebody waits for and nobody has seen."""
    return replace(cursor, open={**{job.place: job for job in promised}, **cursor.open})
