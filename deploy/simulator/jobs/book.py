"""The jobs a cluster remembers: the live ones at hand, the archived ones as text."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Any

from pydantic import TypeAdapter

from deploy.simulator.clock import now
from deploy.simulator.jobs.render import is_final
from deploy.simulator.model import Cluster, Job

_TEXT = TypeAdapter(Job)
_Bounds = Callable[[Sequence[int], int], int]
# Where the wanted ids of a sorted list begin and end.
_FROM: dict[str, _Bounds] = {">": bisect_right, ">=": bisect_left}
_UNTIL: dict[str, _Bounds] = {"<": bisect_left, "<=": bisect_right}


class JobBook:
    """Finds jobs by id; keeps live ones in order, and not more archived ones than it may.

    Args:
        cluster: whose jobs; the book is kept in its state.
        kept: how many archived jobs are remembered.
    """

    def __init__(self, cluster: Cluster, kept: int) -> None:
        self._cluster = cluster
        self._kept = kept
        for job in [job for job in cluster.jobs.values() if job.archived]:
            self._put_away(job)
        self._ids = sorted(cluster.jobs)

    def add(self, job: Job) -> None:
        """Write a new job down."""
        self._cluster.jobs[job.id] = job
        insort(self._ids, job.id)

    def live(self) -> list[Job]:
        """The jobs that are not archived, oldest first."""
        return [self._cluster.jobs[number] for number in self._ids]

    def find(self, job_id: int) -> Job | None:
        """The job, archived or not."""
        job = self._cluster.jobs.get(job_id)
        if job is not None:
            return job
        text = self._cluster.archive.get(job_id)
        return None if text is None else _TEXT.validate_json(text)

    def everything(self) -> list[Job]:
        """Archived and live jobs, oldest first."""
        return [_TEXT.validate_json(each) for each in self._cluster.archive.values()] + self.live()

    def archive(self, older_than: float) -> int:
        """Archive what ended that many seconds ago; returns how many jobs that were."""
        old = [job for job in self.live() if over_for(job) >= older_than]
        for job in old:
            self._put_away(job)
        self._ids = sorted(self._cluster.jobs)
        return len(old)

    def purge(self, older_than: float) -> int:
        """Forget archived jobs that ended that many seconds ago; returns how many."""
        texts = self._cluster.archive
        old = list(takewhile(lambda n: self._over_for(n) >= older_than, texts))  # oldest first
        for number in old:
            del texts[number]
        return len(old)

    def _over_for(self, number: int) -> float:
        return over_for(_TEXT.validate_json(self._cluster.archive[number]))

    def forget(self, job_ids: Iterable[int]) -> None:
        """Lose these jobs, files and all."""
        for number in job_ids:
            self._cluster.jobs.pop(number, None)
            self._cluster.archive.pop(number, None)
        self._ids = sorted(self._cluster.jobs)

    def numbers(self) -> list[int]:
        """The ids of all jobs it knows."""
        return [*self._cluster.archive, *self._ids]

    def within(self, raw: Any) -> list[Job]:
        """The live jobs that a filter may let through, by what it says about ids alone.

        Ganeti, too, looks at the ids before it loads any job's file.
        """
        wanted = self._candidates(raw)
        ids = self._ids if wanted is None else wanted
        return [self._cluster.jobs[number] for number in ids if number in self._cluster.jobs]

    def _candidates(self, raw: Any) -> list[int] | None:
        if not isinstance(raw, list) or not raw:
            return None
        if raw[0] in {"|", "&"}:
            parts = [self._candidates(part) for part in raw[1:]]
            return _joined(raw[0], parts)
        if len(raw) != 3 or raw[1] != "id" or not isinstance(raw[2], int):
            return None
        if raw[0] in {"=", "=="}:
            return [raw[2]]
        if raw[0] in _FROM:
            return self._ids[_FROM[raw[0]](self._ids, raw[2]) :]
        if raw[0] in _UNTIL:
            return self._ids[: _UNTIL[raw[0]](self._ids, raw[2])]
        return None

    def _put_away(self, job: Job) -> None:
        archive = self._cluster.archive
        job.archived = True
        archive[job.id] = _TEXT.dump_json(job, exclude_defaults=True).decode()
        self._cluster.jobs.pop(job.id, None)
        while len(archive) > self._kept:
            del archive[next(iter(archive))]


def _joined(operator: str, parts: list[list[int] | None]) -> list[int] | None:
    known = [set(part) for part in parts if part is not None]
    if operator == "|":
        return None if len(known) < len(parts) else sorted(set[int]().union(*known))
    return None if not known else sorted(set.intersection(*known))


def over_for(job: Job) -> float:
    """Seconds since the job ended; negative when it has not."""
    if job.end is None or not is_final(job):
        return -1.0
    return max(0.0, now() - job.end[0] - job.end[1] / 1e6)
