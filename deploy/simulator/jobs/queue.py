"""The job queue of one cluster: submit, schedule, run, cancel, archive."""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from deploy.simulator.clock import now, stamp
from deploy.simulator.jobs.admission import Verdict, admit
from deploy.simulator.jobs.book import JobBook
from deploy.simulator.jobs.dependencies import Obstacle, judge, resolve_relative
from deploy.simulator.jobs.locks import LockTable
from deploy.simulator.jobs.render import FINAL, is_final, status_of
from deploy.simulator.jobs.timers import Timers
from deploy.simulator.jobs.work import Fetch, OpFailed, Routine, Rules, Work
from deploy.simulator.model import Cluster, Job, Json, Op
from deploy.simulator.truth import JobHistory

__all__ = ["Fetch", "JobQueue", "OpFailed", "Routine", "Rules"]
log = logging.getLogger(__name__)
_KEPT = 21 * 86400.0  # seconds an archived job is kept


class JobQueue:
    """Runs the jobs of one cluster; a waiting job costs a heap entry, a running one a generator."""

    def __init__(self, cluster: Cluster, rules: Rules, timers: Timers) -> None:
        self.locks = LockTable()
        self.book = JobBook(cluster, rules.archive_kept)
        self.history = JobHistory()
        self.works: dict[int, Work] = {}  # every job that is not final
        self.timers = timers
        self._cluster = cluster
        self._rules = rules
        self._ready: list[tuple[int, int, int, Work]] = []
        self._arrivals = itertools.count()
        self._active: set[int] = set()
        self._pumping = False
        self._next_start = 0.0
        self._dependants: dict[int, list[Work]] = {}
        self._watchers: dict[int, list[asyncio.Future[None]]] = {}
        self._fetches: set[asyncio.Future[Any]] = set()
        self.changes = 0  # grows with every change, so that savers know

    @property
    def busy(self) -> int:
        """How many jobs have been started and are not final."""
        return len(self._active)

    def submit(self, inputs: list[Json], secrets: list[Json] | None = None) -> int:
        """Queue a job of the given opcodes; returns its id."""
        self._cluster.last_job += 1
        job_id = self._cluster.last_job
        received = stamp()
        for index, op in enumerate(inputs):
            op["depends"] = resolve_relative(op.get("depends"), job_id)
            short = str(op["OP_ID"]).removeprefix("OP_").lower()
            trail = [f"gnt:opcode:{short}", f"job={job_id};index={index}"]
            op["reason"] = [*op["reason"], [*trail, (received[0] * 10**6 + received[1]) * 1000]]
        job = Job(id=job_id, ops=[Op(input=i) for i in inputs], received=received)
        self.book.add(job)
        for index, first in enumerate(job.ops):
            self.history.note(job, index, first)
        self._changed(job)
        self._consider(self._work(job, secrets))
        return job_id

    def resume(self) -> None:
        """Take up the jobs of a saved state: queued ones run, started ones are found dead."""
        for job in self.book.live():
            if is_final(job):
                continue
            if job.start is None:
                self._consider(self._work(job, None))
            else:
                self.bury(job)

    def start_over(self) -> None:
        """Forget all that is under way and take the jobs up that the state has: it was replaced."""
        for work in self.works.values():
            work.die()
        self.timers.close()
        for fetch in self._fetches:
            fetch.cancel()
        for each in (self.works, self._ready, self._active, self._dependants):
            each.clear()
        self.locks = LockTable()
        self.book = JobBook(self._cluster, self._rules.archive_kept)
        for job_id in list(self._watchers):
            self._wake(job_id)
        self.changes += 1
        self.resume()

    def find(self, job_id: int) -> Job | None:
        """The job, archived or not."""
        return self.book.find(job_id)

    def live(self) -> list[Job]:
        """All jobs that are not archived, oldest first."""
        return self.book.live()

    def cancel(self, job_id: int) -> tuple[bool, str]:
        """Try to cancel; the answer is what luxid says about it."""
        work = self.works.get(job_id)
        if work is None:
            return False, f"Job {job_id} not found in queue"
        status = status_of(work.job)
        if status == "running" or any(op.status == "success" for op in work.job.ops):
            return False, "Job no longer waiting, can't cancel (informed it anyway)"
        if status == "queued":
            self.end(work.job, "canceled", None)
            return True, f"Dequeued job {job_id}"
        self._cancel_waiting(work)
        return True, "Job successfully cancelled"

    def archive(self, older_than: float) -> int:
        """Archive the jobs that ended more than `older_than` seconds ago; returns how many.

        What has been over for three weeks is forgotten, as Ganeti's cleaner does.
        """
        done = self.book.archive(older_than)
        self.changes += done + self.book.purge(_KEPT)
        return done

    async def change_of(self, job_id: int, *, at_most: float) -> None:
        """Wait until the job changes, but not longer than `at_most` seconds."""
        future = asyncio.get_running_loop().create_future()
        self._watchers.setdefault(job_id, []).append(future)
        await asyncio.wait([future], timeout=at_most)
        future.cancel()

    def close(self) -> None:
        """Stop everything; what runs stays as it is in the state."""
        self.timers.close()
        for fetch in self._fetches:
            fetch.cancel()

    def look_again(self) -> None:
        """Have the queued jobs judged anew: a filter rule or a limit has changed."""
        self._pump()

    def note_log(self, job: Job, index: int, text: str) -> None:
        """Add a line to an opcode's log."""
        entries = job.ops[index].log
        entries.append([len(entries) + 1, list(stamp()), "message", text])
        self._changed(job)

    def end(self, job: Job, status: str, result: Any) -> None:
        """End a job, with what is left of its opcodes, now."""
        for index, op in enumerate(job.ops):
            if op.status not in FINAL:
                op.status, op.result, op.end = status, result, stamp()
                self.history.note(job, index, op)
                if status == "error":
                    result = ["OpExecError", ["Preceding opcode failed"]]
        self.locks.release(job.id)
        self._conclude(job)

    def bury(self, job: Job) -> None:
        """Find that the process of a job has died."""
        text = f"detected death of job {job.id}"
        for index, op in enumerate(job.ops):
            if op.status not in FINAL:
                trail = ["gnt:daemon:luxid:deathdetection", text, int(now() * 10**9)]
                op.input["reason"] = [*op.input["reason"], trail]
                op.status, op.end = "error", stamp()
                self.history.note(job, index, op)
        self.locks.release(job.id)
        self._conclude(job)

    def drop(self, work: Work) -> None:
        """Forget about an unfinished job, as if its file had never been."""
        work.die()
        self.works.pop(work.job.id, None)
        self._active.discard(work.job.id)
        self.locks.release(work.job.id)
        self.book.forget([work.job.id])
        self._pump()

    def _work(self, job: Job, secrets: list[Json] | None) -> Work:
        work = Work(job=job, secrets=secrets or [{} for _ in job.ops])
        self.works[job.id] = work
        return work

    def _changed(self, job: Job) -> None:
        self.changes += 1
        self._wake(job.id)

    def _wake(self, job_id: int) -> None:
        for future in self._watchers.pop(job_id, ()):
            if not future.done():
                future.set_result(None)

    def _consider(self, work: Work) -> None:
        obstacle = judge(work.job, self.find)
        if obstacle.waits_for is not None:
            self._dependants.setdefault(obstacle.waits_for, []).append(work)
        elif obstacle.cancelled:
            self.end(work.job, "canceled", None)
        else:
            priority = min(op.input.get("priority", 0) for op in work.job.ops)
            heapq.heappush(self._ready, (priority, work.job.id, next(self._arrivals), work))
            self._pump()

    def _pump(self) -> None:
        """Start what may start; one that ends at once must not begin the round anew."""
        if self._pumping:
            return
        self._pumping = True
        held = []
        while self._ready and len(self._active) < self._rules.max_running():
            entry = heapq.heappop(self._ready)
            if not self._try_to_start(entry[3]):
                held.append(entry)
        for entry in held:
            heapq.heappush(self._ready, entry)
        self._pumping = False

    def _try_to_start(self, work: Work) -> bool:
        """False: it stays queued."""
        if work.dead or is_final(work.job):
            return True
        running = (self.works[number].job for number in self._active)
        verdict = admit(work.job, self._rules.filters(), running)
        if verdict is Verdict.REJECT:
            self.end(work.job, "canceled", None)
        elif verdict is Verdict.START:
            self._active.add(work.job.id)
            late = self._rules.hiccup() if self._rules.hiccup is not None else 0.0
            self.timers.after(self._turn() + late, partial(self._begin, work))
        return verdict is not Verdict.HOLD

    def _turn(self) -> float:
        """Seconds until the job may begin: Ganeti forks one process at a time."""
        gap = self._rules.start_gap()
        if not gap:
            return self._rules.start_delay
        at = asyncio.get_running_loop().time()
        self._next_start = max(at + self._rules.start_delay, self._next_start)
        turn = self._next_start - at
        self._next_start += gap
        return turn

    def _begin(self, work: Work) -> None:
        job = work.job
        if work.dead or is_final(job):
            return
        job.start = stamp()
        obstacle: Obstacle = judge(job, self.find)
        if obstacle.error is not None:
            self.end(job, "error", ["OpExecError", [obstacle.error]])
        else:
            self._enqueue(work)

    def _enqueue(self, work: Work) -> None:
        op = work.job.ops[work.index]
        op.status, op.start = "waiting", stamp()
        self.history.note(work.job, work.index, op)
        self._changed(work.job)
        self.locks.acquire(work.claim(self._rules, partial(self._run, work)))

    def _run(self, work: Work) -> None:
        job, op = work.job, work.job.ops[work.index]
        op.status, op.exec = "running", stamp()
        op.input = _with_debug_level(op.input)
        self.history.note(job, work.index, op)
        self._changed(job)
        work.routine = self._rules.perform(job, work.index, work.secrets[work.index])
        self._step(work)

    def _step(self, work: Work, value: Any = None, error: Any = None) -> None:
        routine = work.routine
        if work.dead or routine is None:
            return
        try:
            step = routine.send(value) if error is None else routine.throw(error)
        except StopIteration as stop:
            self._finish(work, stop.value)
        except OpFailed as failed:
            self.end(work.job, "error", work.fate or [failed.kind, list(failed.args)])
        except Exception as crash:  # Ganeti, too, reports any exception as the opcode's result
            log.exception("opcode %s of job %d crashed", work.index, work.job.id)
            self.end(work.job, "error", [type(crash).__name__, [str(crash)]])
        else:
            self._sleep(step, partial(self._step, work))

    def _sleep(self, step: float | Fetch, resume: Callable[..., None]) -> None:
        if not isinstance(step, Fetch):
            self.timers.after(step, resume)
            return
        fetch = asyncio.ensure_future(step.start())
        self._fetches.add(fetch)
        fetch.add_done_callback(partial(self._fetched, resume))

    def _fetched(self, resume: Callable[..., None], fetch: asyncio.Future[Any]) -> None:
        self._fetches.discard(fetch)
        if fetch.cancelled():
            return
        error = fetch.exception()
        resume(None if error else fetch.result(), error)

    def _finish(self, work: Work, result: Any) -> None:
        job, op = work.job, work.job.ops[work.index]
        if work.fate is not None:
            self.end(job, "error", work.fate)
            return
        op.status, op.result, op.end = "success", result, stamp()
        self.history.note(job, work.index, op)
        self.locks.release(job.id)
        if work.index + 1 < len(job.ops):
            self._changed(job)
            work.index += 1
            self._enqueue(work)
        else:
            self._conclude(job)

    def _conclude(self, job: Job) -> None:
        job.end = stamp()
        self._active.discard(job.id)
        work = self.works.pop(job.id, None)
        if work is not None:
            work.die()
        self._changed(job)
        for dependant in self._dependants.pop(job.id, ()):
            if not dependant.dead and not is_final(dependant.job):
                self._consider(dependant)
        self._pump()

    def _cancel_waiting(self, work: Work) -> None:
        result = "Job canceled by request"
        if not self._rules.cancel_delay:
            self.end(work.job, "canceled", result)
            return
        for index, op in enumerate(work.job.ops):
            if op.status == "waiting":
                op.status = "canceling"
                self.history.note(work.job, index, op)
        self.locks.release(work.job.id)
        self._changed(work.job)
        stop = partial(self.end, work.job, "canceled", result)
        self.timers.after(self._rules.cancel_delay, stop)


def _with_debug_level(given: Json) -> Json:
    if "debug_level" in given:
        return given
    first = {"dry_run": given["dry_run"]} if "dry_run" in given else {}
    return {**first, "debug_level": 0, **given}
