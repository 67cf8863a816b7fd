"""The job queue of one cluster: submit, schedule, run, cancel, archive."""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy.simulator.clock import now, stamp
from deploy.simulator.jobs.dependencies import Verdict, judge, resolve_relative
from deploy.simulator.jobs.locks import Claim, LockTable
from deploy.simulator.jobs.render import FINAL, is_final, status_of
from deploy.simulator.jobs.timers import Timers
from deploy.simulator.model import Cluster, Job, Json, Op

log = logging.getLogger(__name__)
_KEPT = 21 * 86400.0  # seconds an archived job is kept


class OpFailed(Exception):
    """An opcode ends in error; `kind` and `args` become its result."""

    def __init__(self, kind: str, *args: str) -> None:
        super().__init__(*args)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fetch:
    """A step of an opcode that has to be awaited (everything else is a pause in seconds)."""

    start: Callable[[], Awaitable[Any]]


Routine = Generator[float | Fetch, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the queue treats its jobs."""

    start_delay: float
    max_running: Callable[[], int]
    locks: Callable[[Json], dict[str, str]]  # opcode input -> lock name -> mode
    perform: Callable[[Job, int, Json], Routine]  # job, opcode index, secret parameters


class JobQueue:
    """Runs the jobs of one cluster; a waiting job costs a heap entry, a running one a generator."""

    def __init__(self, cluster: Cluster, rules: Rules, timers: Timers) -> None:
        self.locks = LockTable()
        self._cluster = cluster
        self._rules = rules
        self._timers = timers
        self._ready: list[tuple[int, int]] = []
        self._active: set[int] = set()
        self._dependants: dict[int, list[int]] = {}
        self._secrets: dict[int, list[Json]] = {}
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
        self._cluster.jobs[job_id] = job
        self._secrets[job_id] = secrets or [{} for _ in inputs]
        self._changed(job)
        self._consider(job)
        return job_id

    def resume(self) -> None:
        """Take up the jobs of a saved state: queued ones run, started ones are found dead."""
        for job in self._cluster.jobs.values():
            if is_final(job):
                continue
            self._secrets[job.id] = [{} for _ in job.ops]
            if job.start is None:
                self._consider(job)
            else:
                self._bury(job)

    def find(self, job_id: int) -> Job | None:
        """The job, archived or not."""
        return self._cluster.jobs.get(job_id)

    def live(self) -> list[Job]:
        """All jobs that are not archived, oldest first."""
        return [job for job in self._cluster.jobs.values() if not job.archived]

    def cancel(self, job_id: int) -> tuple[bool, str]:
        """Try to cancel; the answer is what luxid says about it."""
        job = self.find(job_id)
        if job is None or is_final(job):
            return False, f"Job {job_id} not found in queue"
        status = status_of(job)
        if status == "running" or any(op.status == "success" for op in job.ops):
            return False, "Job no longer waiting, can't cancel (informed it anyway)"
        self._end(job, "canceled", "Job canceled by request" if status == "waiting" else None)
        if status == "waiting":
            return True, "Job successfully cancelled"
        return True, f"Dequeued job {job_id}"

    def archive(self, older_than: float) -> int:
        """Archive the jobs that ended more than `older_than` seconds ago; returns how many.

        What has been over for three weeks is forgotten, as Ganeti's cleaner does.
        """
        old = [job for job in self.live() if _over_for(job) >= older_than]
        for job in old:
            job.archived = True
        ancient = [job for job in self._cluster.jobs.values() if _over_for(job) > _KEPT]
        for job in ancient:
            del self._cluster.jobs[job.id]
        self.changes += len(old) + len(ancient)
        return len(old)

    async def change_of(self, job_id: int, *, at_most: float) -> None:
        """Wait until the job changes, but not longer than `at_most` seconds."""
        future = asyncio.get_running_loop().create_future()
        self._watchers.setdefault(job_id, []).append(future)
        await asyncio.wait([future], timeout=at_most)
        future.cancel()

    def close(self) -> None:
        """Stop everything; what runs stays as it is in the state."""
        self._timers.close()
        for fetch in self._fetches:
            fetch.cancel()

    def note_log(self, job: Job, index: int, text: str) -> None:
        """Add a line to an opcode's log."""
        entries = job.ops[index].log
        entries.append([len(entries) + 1, list(stamp()), "message", text])
        self._changed(job)

    def _changed(self, job: Job) -> None:
        self.changes += 1
        for future in self._watchers.pop(job.id, ()):
            if not future.done():
                future.set_result(None)

    def _consider(self, job: Job) -> None:
        verdict = judge(job, self._cluster.jobs)
        if verdict.waits_for is not None:
            self._dependants.setdefault(verdict.waits_for, []).append(job.id)
        elif verdict.cancelled:
            self._end(job, "canceled", None)
        else:
            priority = min(op.input.get("priority", 0) for op in job.ops)
            heapq.heappush(self._ready, (priority, job.id))
            self._pump()

    def _pump(self) -> None:
        while self._ready and len(self._active) < self._rules.max_running():
            job = self._cluster.jobs[heapq.heappop(self._ready)[1]]
            if not is_final(job):
                self._active.add(job.id)
                self._timers.after(self._rules.start_delay, partial(self._begin, job))

    def _begin(self, job: Job) -> None:
        if is_final(job):
            return
        job.start = stamp()
        verdict: Verdict = judge(job, self._cluster.jobs)
        if verdict.error is not None:
            self._end(job, "error", ["OpExecError", [verdict.error]])
        else:
            self._enqueue(job, 0)

    def _enqueue(self, job: Job, index: int) -> None:
        op = job.ops[index]
        op.status, op.start = "waiting", stamp()
        self._changed(job)
        wanted = self._rules.locks(op.input)
        granted = partial(self._run, job, index)
        self.locks.acquire(Claim(job_id=job.id, wanted=wanted, granted=granted))

    def _run(self, job: Job, index: int) -> None:
        op = job.ops[index]
        op.status, op.exec = "running", stamp()
        op.input = _with_debug_level(op.input)
        self._changed(job)
        self._step(job, index, self._rules.perform(job, index, self._secrets[job.id][index]))

    def _step(
        self, job: Job, index: int, routine: Routine, value: Any = None, error: Any = None
    ) -> None:
        try:
            step = routine.send(value) if error is None else routine.throw(error)
        except StopIteration as stop:
            self._finish(job, index, stop.value)
        except OpFailed as failed:
            self._end(job, "error", [failed.kind, list(failed.args)])
        except Exception as crash:  # Ganeti, too, reports any exception as the opcode's result
            log.exception("opcode %s of job %d crashed", job.ops[index].input["OP_ID"], job.id)
            self._end(job, "error", [type(crash).__name__, [str(crash)]])
        else:
            self._sleep(step, partial(self._step, job, index, routine))

    def _sleep(self, step: float | Fetch, resume: Callable[..., None]) -> None:
        if not isinstance(step, Fetch):
            self._timers.after(step, resume)
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

    def _finish(self, job: Job, index: int, result: Any) -> None:
        op = job.ops[index]
        op.status, op.result, op.end = "success", result, stamp()
        self.locks.release(job.id)
        if index + 1 < len(job.ops):
            self._changed(job)
            self._enqueue(job, index + 1)
        else:
            self._conclude(job)

    def _end(self, job: Job, status: str, result: Any) -> None:
        for op in job.ops:
            if op.status not in FINAL:
                op.status, op.result, op.end = status, result, stamp()
                if status == "error":
                    result = ["OpExecError", ["Preceding opcode failed"]]
        self.locks.release(job.id)
        self._conclude(job)

    def _conclude(self, job: Job) -> None:
        job.end = stamp()
        self._active.discard(job.id)
        self._secrets.pop(job.id, None)
        self._changed(job)
        for dependant in self._dependants.pop(job.id, ()):
            self._consider(self._cluster.jobs[dependant])
        self._pump()

    def _bury(self, job: Job) -> None:
        text = f"detected death of job {job.id}"
        for op in job.ops:
            if op.status not in FINAL:
                trail = ["gnt:daemon:luxid:deathdetection", text, int(now() * 10**9)]
                op.input["reason"] = [*op.input["reason"], trail]
                op.status, op.end = "error", stamp()
        self._conclude(job)


def _over_for(job: Job) -> float:
    """Seconds since the job ended; negative when it has not."""
    return -1.0 if job.end is None else max(0.0, now() - job.end[0] - job.end[1] / 1e6)


def _with_debug_level(given: Json) -> Json:
    if "debug_level" in given:
        return given
    first = {"dry_run": given["dry_run"]} if "dry_run" in given else {}
    return {**first, "debug_level": 0, **given}
