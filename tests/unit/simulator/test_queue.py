"""The job queue: order, limits, dependencies, cancelling, failing."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from deploy.simulator.jobs import mishaps
from deploy.simulator.jobs.locks import EXCLUSIVE
from deploy.simulator.jobs.queue import Fetch, JobQueue, OpFailed, Routine, Rules
from deploy.simulator.jobs.render import as_json, is_final, status_of
from deploy.simulator.jobs.timers import Timers
from deploy.simulator.model import Cluster, FilterRule, Job, Json

Perform = Callable[[Job, int, Json], Routine]


def _opcode(kind: str = "OP_TAGS_SET", **more: Any) -> Json:
    return {"OP_ID": kind, "priority": 0, "depends": None, "reason": [], **more}


def _queue(
    perform: Perform, *, limit: int = 20, cluster: Cluster | None = None, **more: Any
) -> JobQueue:
    rules = Rules(
        start_delay=0.0,
        **more,
        max_running=lambda: limit,
        locks=lambda op: ({op["lock"]: EXCLUSIVE} if "lock" in op else {}, frozenset()),
        perform=perform,
    )
    empty = Cluster(name="c", uuid="u", mac_prefix="aa:00:00", ctime=0, mtime=0)
    return JobQueue(cluster or empty, rules, Timers())


def _quick(job: Job, index: int, secrets: Json) -> Routine:
    yield 0.001
    return [job.id, index]


def _long(job: Job, index: int, secrets: Json) -> Routine:
    yield 0.2


async def _final(queue: JobQueue, number: int) -> Json:
    job = queue.find(number)
    assert job is not None
    while not is_final(job):
        await queue.change_of(number, at_most=1)
    return as_json(job)


async def test_a_job_succeeds_with_what_its_opcodes_return() -> None:
    queue = _queue(_quick)
    job = await _final(queue, queue.submit([_opcode(), _opcode()]))
    assert (job["status"], job["opresult"]) == ("success", [[1, 0], [1, 1]])
    assert job["received_ts"] <= job["start_ts"] <= job["end_ts"]


async def test_no_more_jobs_run_than_allowed_and_the_urgent_ones_go_first() -> None:
    running, most, order = set[int](), 0, list[int]()

    def perform(job: Job, index: int, secrets: Json) -> Routine:
        nonlocal most
        running.add(job.id)
        order.append(job.id)
        most = max(most, len(running))
        yield 0.002
        running.discard(job.id)

    queue = _queue(perform, limit=2)
    numbers = [queue.submit([_opcode(priority=p)]) for p in (0, 0, 10, 0, -10)]
    for number in numbers:
        await _final(queue, number)
    assert most == 2
    assert order == [1, 2, 5, 4, 3]


async def test_a_failing_opcode_fails_the_rest() -> None:
    def perform(job: Job, index: int, secrets: Json) -> Routine:
        yield 0.0
        raise OpFailed("OpPrereqError", "no", "wrong_state")

    queue = _queue(perform)
    job = await _final(queue, queue.submit([_opcode(), _opcode()]))
    assert job["opresult"] == [
        ["OpPrereqError", ["no", "wrong_state"]],
        ["OpExecError", ["Preceding opcode failed"]],
    ]


async def test_a_crash_ends_in_the_jobs_result() -> None:
    def perform(job: Job, index: int, secrets: Json) -> Routine:
        yield 0.0
        raise ZeroDivisionError("oops")

    queue = _queue(perform)
    job = await _final(queue, queue.submit([_opcode()]))
    assert job["opresult"] == [["ZeroDivisionError", ["oops"]]]


async def test_a_routine_may_await_and_sees_the_error() -> None:
    async def fetch() -> str:
        raise OSError("gone")

    def perform(job: Job, index: int, secrets: Json) -> Routine:
        try:
            yield Fetch(fetch)
        except OSError as error:
            return str(error)

    queue = _queue(perform)
    assert (await _final(queue, queue.submit([_opcode()])))["opresult"] == ["gone"]


async def test_secrets_reach_the_routine_and_nothing_else() -> None:
    seen: list[Json] = []

    def perform(job: Job, index: int, secrets: Json) -> Routine:
        seen.append(secrets)
        yield 0.0

    queue = _queue(perform)
    job = await _final(queue, queue.submit([_opcode()], [{"key": "hidden"}]))
    assert seen == [{"key": "hidden"}]
    assert "hidden" not in str(job)


async def _reaches(queue: JobQueue, job: Job, status: str) -> None:
    while status_of(job) != status:
        await queue.change_of(job.id, at_most=1)


@pytest.mark.parametrize(
    ("statuses", "outcome", "result"),
    [
        (["success"], "error", "finished with status 'error', not one of 'success'"),
        (["error"], "success", ""),
        ([], "success", ""),
    ],
)
async def test_dependencies_decide(statuses: list[str], outcome: str, result: str) -> None:
    def perform(job: Job, index: int, secrets: Json) -> Routine:
        yield 0.001
        if job.id == 1:
            raise OpFailed("OpExecError", "no")

    queue = _queue(perform)
    first = queue.submit([_opcode()])
    second = queue.submit([_opcode(depends=[[-1, statuses]])])
    assert queue.find(second) is not None
    job = await _final(queue, second)
    assert job["ops"][0]["depends"] == [[first, statuses]]
    assert job["status"] == outcome
    assert result in str(job["opresult"])


async def test_cancelling_a_job_cancels_what_depends_on_it() -> None:
    queue = _queue(_quick, limit=1)
    queue.submit([_opcode()])
    second = queue.submit([_opcode()])
    third = queue.submit([_opcode(depends=[[second, ["success"]]])])
    assert queue.cancel(second) == (True, f"Dequeued job {second}")
    assert (await _final(queue, third))["status"] == "canceled"
    assert queue.cancel(second) == (False, f"Job {second} not found in queue")


async def test_a_job_waiting_for_a_lock_can_be_cancelled_and_a_running_one_not() -> None:
    queue = _queue(_long)
    first, second = queue.submit([_opcode(lock="l")]), queue.submit([_opcode(lock="l")])
    waiting = queue.find(second)
    assert waiting is not None
    await _reaches(queue, waiting, "waiting")
    assert not queue.cancel(first)[0]
    assert queue.cancel(second) == (True, "Job successfully cancelled")
    assert (await _final(queue, first))["status"] == "success"
    assert as_json(waiting)["opresult"] == ["Job canceled by request"]


async def test_a_new_queue_runs_what_was_queued_and_buries_what_was_running() -> None:
    cluster = Cluster(name="c", uuid="u", mac_prefix="aa:00:00", ctime=0, mtime=0)
    old = _queue(_long, limit=1, cluster=cluster)
    first, second = old.submit([_opcode()]), old.submit([_opcode()])
    running = old.find(first)
    assert running is not None
    await _reaches(old, running, "running")
    old.close()
    new = _queue(_quick, cluster=cluster)
    new.resume()
    assert (await _final(new, first))["status"] == "error"
    assert (await _final(new, second))["status"] == "success"


async def test_archived_jobs_are_found_but_not_live() -> None:
    queue = _queue(_quick)
    number = queue.submit([_opcode()])
    await _final(queue, number)
    assert queue.archive(older_than=60) == 0
    assert queue.archive(older_than=0) == 1
    assert queue.live() == []
    assert queue.find(number) is not None


async def test_jobs_start_one_after_the_other() -> None:
    queue = _queue(_quick, start_gap=lambda: 0.02)
    jobs = [await _final(queue, n) for n in [queue.submit([_opcode()]) for _ in range(3)]]
    starts = [job["start_ts"][0] + job["start_ts"][1] / 1e6 for job in jobs]
    assert all(later - earlier > 0.015 for earlier, later in itertools.pairwise(starts))


async def test_cancelling_what_waits_takes_a_while() -> None:
    queue = _queue(_long, cancel_delay=0.02)
    _first, second = queue.submit([_opcode(lock="l")]), queue.submit([_opcode(lock="l")])
    waiting = queue.find(second)
    assert waiting is not None
    await _reaches(queue, waiting, "waiting")
    queue.cancel(second)
    assert status_of(waiting) == "canceling"
    assert (await _final(queue, second))["status"] == "canceled"


async def test_a_paused_job_does_not_keep_others_from_starting() -> None:
    rule = FilterRule(
        uuid="u", watermark=0, priority=0, predicates=[["opcode", ["=", "OP_ID", "OP_HELD"]]],
        action="PAUSE", reason_trail=[],
    )  # fmt: skip
    rules = [rule]
    queue = _queue(_quick, limit=1, filters=lambda: rules)
    held, free = queue.submit([_opcode("OP_HELD")]), queue.submit([_opcode()])
    assert (await _final(queue, free))["status"] == "success"
    job = queue.find(held)
    assert job is not None
    assert status_of(job) == "queued"
    rules.clear()
    queue.look_again()
    assert (await _final(queue, held))["status"] == "success"


async def test_what_was_lost_leaves_no_lock_and_no_trace() -> None:
    queue = _queue(_long)
    first, second = queue.submit([_opcode(lock="l")]), queue.submit([_opcode(lock="l")])
    waiting = queue.find(second)
    assert waiting is not None
    await _reaches(queue, waiting, "waiting")
    mishaps.lose(queue, [first])
    assert queue.find(first) is None
    assert (await _final(queue, second))["status"] == "success"
