"""What can become of jobs when a master, its daemons or its disk are lost."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from deploy.simulator.jobs.queue import JobQueue
from deploy.simulator.jobs.work import Work

NO_MASTER: Final = [
    "NoMasterError",
    ["/var/run/ganeti/socket/ganeti-wconfd: [Errno 111] Connection refused"],
]


def started(queue: JobQueue) -> list[Work]:
    """The jobs that have a process, oldest first."""
    return [work for work in list(queue.works.values()) if work.job.start is not None]


def orphan(queue: JobQueue, goes_on: Callable[[], bool], seconds: float) -> list[int]:
    """The master goes away under its jobs: they all end in NoMasterError, done or not.

    Args:
        queue: whose jobs.
        goes_on: asked of each one, whether its work is done all the same.
        seconds: after which those end that did not go on.
    """
    found = started(queue)
    for work in found:
        if work.routine is not None and goes_on():
            work.fate = NO_MASTER
        else:
            work.die()
            queue.timers.after(seconds, partial(_end, queue, work))
    return [work.job.id for work in found]


def kill(queue: JobQueue, seconds: float) -> list[int]:
    """The processes of all jobs die where they are; it is noticed so many seconds later."""
    found = started(queue)
    for work in found:
        work.die()
        queue.timers.after(seconds, partial(_bury, queue, work))
    return [work.job.id for work in found]


def lose(queue: JobQueue, job_ids: Iterable[int]) -> None:
    """The files of these jobs are gone; so is what they were about to do."""
    for number in list(job_ids):
        work = queue.works.get(number)
        if work is not None:
            queue.drop(work)
        else:
            queue.book.forget([number])
    queue.changes += 1


def lose_queued_secrets(queue: JobQueue) -> None:
    """Values that were only in luxid's memory are no longer known."""
    for work in queue.works.values():
        if work.job.start is None:
            work.secrets = [dict[str, Any]() for _ in work.job.ops]


def _end(queue: JobQueue, work: Work) -> None:
    if queue.works.get(work.job.id) is work:
        queue.end(work.job, "error", NO_MASTER)


def _bury(queue: JobQueue, work: Work) -> None:
    if queue.works.get(work.job.id) is work:
        queue.bury(work.job)
