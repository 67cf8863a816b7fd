"""What the job queue does, on the simulator and on a real cluster alike."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.ganeti.matching import difference
from tests.contract.ganeti.target import FINAL, Target

pytestmark = [pytest.mark.asyncio(loop_scope="session")]
_IDLE, _BUSY = "job-idle", "job-busy"


def _create(target: Target, name: str, **more: Any) -> dict[str, Any]:
    return {
        "__version__": 1,
        "mode": "create",
        "instance_name": name,
        "os_type": target.os,
        "disk_template": "file",
        "disks": [{"size": 12}],
        "nics": [],
        "beparams": {"vcpus": 1, "memory": 64},
        "ip_check": False,
        "name_check": False,
        **more,
    }


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def idle(target: Target) -> AsyncIterator[str]:
    """An instance without anything going on."""
    job = await target.run("POST", "/2/instances", _create(target, _IDLE, start=False))
    assert job["status"] == "success", job["opresult"]
    yield f"/2/instances/{_IDLE}"
    await target.run("DELETE", f"/2/instances/{_IDLE}")


async def _kept_busy(target: Target, image: str) -> AsyncIterator[int]:
    body = _create(target, _BUSY, osparams={"img_id": image})
    number = await target.submit("POST", "/2/instances", body)
    await target.job(number, lambda job: "OS create scripts" in str(job["oplog"]))
    yield number
    await target.job(number)
    await target.run("DELETE", f"/2/instances/{_BUSY}")


@pytest_asyncio.fixture(loop_scope="session")
async def busy(target: Target) -> AsyncIterator[int]:
    """A create that takes a while and holds its instance's lock; its job id."""
    async for number in _kept_busy(target, target.slow):
        yield number


@pytest_asyncio.fixture(loop_scope="session")
async def very_busy(target: Target) -> AsyncIterator[int]:
    """The same, for longer than a cancel takes."""
    async for number in _kept_busy(target, target.very_slow):
        yield number


async def test_an_unknown_job_is_all_nulls(target: Target) -> None:
    answer = await target.call("GET", "/2/jobs/999999")
    assert answer.status == 200
    job = answer.json
    assert job.pop("id") == 999999
    assert set(job.values()) == {None}


@pytest.mark.parametrize(("path", "status"), [("/2/jobs/abc", 404), ("/2/jobs/01", 200)])
async def test_job_ids_are_numbers(target: Target, path: str, status: int) -> None:
    assert (await target.call("GET", path)).status == status


async def test_a_job_behind_a_lock_waits_and_can_be_cancelled(
    target: Target, very_busy: int
) -> None:
    number = await target.submit("PUT", f"/2/instances/{_BUSY}/shutdown")
    waiting = await target.job(number, lambda job: job["status"] == "waiting")
    assert waiting["start_ts"] is not None
    assert waiting["end_ts"] is None
    assert waiting["opresult"] == [None]
    answer = await target.call("DELETE", f"/2/jobs/{number}")
    assert answer.json == [True, "Job successfully cancelled"]
    gone = await target.job(number)
    assert gone["status"] == "canceled"
    assert gone["opresult"] == ["Job canceled by request"]
    assert (await target.job(very_busy))["status"] == "success"


async def test_locks_show_who_holds_and_who_waits(target: Target, busy: int) -> None:
    number = await target.submit("PUT", f"/2/instances/{_BUSY}/startup")
    await target.job(number, lambda job: job["status"] == "waiting")
    body = {
        "fields": ["name", "mode", "owner", "pending"],
        "qfilter": ["=", "name", f"instance/{_BUSY}"],
    }
    found = (await target.call("PUT", "/2/query/lock", body)).json["data"]
    expected = [
        [0, f"instance/{_BUSY}"],
        [0, "exclusive"],
        [0, [str(busy)]],
        [0, [["exclusive", [str(number)]]]],
    ]
    assert difference([expected], found) is None
    assert (await target.job(number))["status"] == "success"


async def test_a_running_job_cannot_be_cancelled(target: Target, busy: int) -> None:
    answer = await target.call("DELETE", f"/2/jobs/{busy}")
    assert answer.json == [
        False,
        "Job no longer waiting, can't cancel (informed it anyway)",
    ]
    assert (await target.job(busy))["status"] == "success"


async def test_a_job_waits_for_its_dependency_in_the_queue(
    target: Target, idle: str, busy: int
) -> None:
    body = {"beparams": {"vcpus": 2}, "depends": [[busy, ["success"]]]}
    number = await target.submit("PUT", f"{idle}/modify", body)
    early = (await target.call("GET", f"/2/jobs/{number}")).json
    assert early["status"] == "queued"
    assert early["start_ts"] is None
    late = await target.job(number)
    assert late["status"] == "success"
    assert late["start_ts"] >= (await target.job(busy))["end_ts"]


async def test_a_job_that_waits_for_its_dependency_is_dequeued(
    target: Target, idle: str, busy: int
) -> None:
    body = {"beparams": {"vcpus": 3}, "depends": [[busy, ["success"]]]}
    number = await target.submit("PUT", f"{idle}/modify", body)
    answer = await target.call("DELETE", f"/2/jobs/{number}")
    assert answer.json == [True, f"Dequeued job {number}"]
    gone = (await target.call("GET", f"/2/jobs/{number}")).json
    assert gone["status"] == "canceled"
    assert gone["opresult"] == [None]


async def test_a_failed_dependency_fails_the_job(target: Target, idle: str) -> None:
    failed = await target.run("PUT", "/2/instances/nosuch/startup")
    body = {"beparams": {"vcpus": 1}, "depends": [[failed["id"], ["success"]]]}
    job = await target.run("PUT", f"{idle}/modify", body)
    text = (
        f"Dependency job {failed['id']} finished with status 'error', "
        "not one of 'success' as required"
    )
    assert job["opresult"] == [["OpExecError", [text]]]
    body["depends"] = [[failed["id"], ["success", "error"]]]
    assert (await target.run("PUT", f"{idle}/modify", body))["status"] == "success"


async def test_a_missing_dependency_fails_the_job(target: Target, idle: str) -> None:
    body = {"beparams": {"vcpus": 1}, "depends": [[999999, ["success"]]]}
    job = await target.run("PUT", f"{idle}/modify", body)
    assert job["opresult"] == [["OpExecError", ["Dependency error: Job 999999 not found"]]]


@pytest.mark.parametrize("final", [True, False])
async def test_a_job_that_is_over_cannot_be_cancelled(
    target: Target, idle: str, *, final: bool
) -> None:
    number = (await target.run("PUT", f"{idle}/tags?tag=x"))["id"] if final else 999999
    answer = await target.call("DELETE", f"/2/jobs/{number}")
    assert answer.json == [False, f"Job {number} not found in queue"]


async def test_waiting_returns_on_a_change(target: Target, busy: int) -> None:
    body = {
        "fields": ["status"],
        "previous_job_info": ["running"],
        "previous_log_serial": 99,
    }
    while True:
        answer = await target.call("GET", f"/2/jobs/{busy}/wait", body)
        if answer.json["job_info"] != ["running"]:
            break
    assert answer.json == {"job_info": ["success"], "log_entries": []}


async def test_waiting_for_a_final_job_returns_at_once(target: Target, idle: str) -> None:
    number = (await target.run("PUT", f"{idle}/tags?tag=y"))["id"]
    body = {"fields": ["status"], "previous_job_info": ["success"], "previous_log_serial": None}
    begun = time.monotonic()
    answer = await target.call("GET", f"/2/jobs/{number}/wait", body)
    assert answer.json["job_info"] == ["success"]
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("user", "number", "body", "status", "message"),
    [
        ("writer", 999999, {"fields": ["status"]}, 500, "Can&#x27;t load job file"),
        ("writer", 1, None, 500, "&#x27;NoneType&#x27; object is not subscriptable"),
        ("reader", 1, {"fields": ["status"]}, 403, "Forbidden"),
    ],
)
async def test_waiting_is_refused(
    target: Target, user: str, number: int, body: Any, status: int, message: str
) -> None:
    answer = await target.call("GET", f"/2/jobs/{number}/wait", body, user=user)
    assert answer.status == status
    assert answer.json["message"] == message


async def test_a_drained_queue_refuses_jobs_and_answers_reads(target: Target, idle: str) -> None:
    target.command("gnt-cluster", "queue", "drain")
    try:
        answer = await target.call("PUT", f"{idle}/startup")
        assert (answer.status, answer.json["message"]) == (500, "Queue drained")
        assert (await target.call("GET", idle)).status == 200
    finally:
        target.command("gnt-cluster", "queue", "undrain")
    assert (await target.run("PUT", f"{idle}/tags?tag=z"))["status"] == "success"


async def test_an_archived_job_answers_by_id_but_is_not_listed(target: Target, idle: str) -> None:
    number = (await target.run("PUT", f"{idle}/tags?tag=w"))["id"]
    target.command("gnt-job", "archive", str(number))
    assert (await target.call("GET", f"/2/jobs/{number}")).json["status"] == "success"
    listed = (await target.call("GET", "/2/jobs")).json
    assert number not in [row["id"] for row in listed]
    body = {"fields": ["id", "status"], "qfilter": ["=", "id", number]}
    exact = (await target.call("PUT", "/2/query/job", body)).json["data"]
    assert exact == [[[0, number], [0, "success"]]]
    body["qfilter"] = [">=", "id", number]
    window = (await target.call("PUT", "/2/query/job", body)).json["data"]
    assert [0, number] not in [row[0] for row in window]


async def test_reason_and_comment_stay_with_the_job(target: Target, idle: str) -> None:
    path = f"{idle}/modify?reason=corr%3D42"
    job = await target.run("PUT", path, {"beparams": {"vcpus": 1}, "comment": "said so"})
    op = job["ops"][0]
    assert op["comment"] == "said so"
    assert [step[:2] for step in op["reason"]] == [
        ["gnt:user", "corr=42"],
        ["gnt:library:rlib2:instances_name_modify", ""],
        ["gnt:opcode:instance_set_params", f"job={job['id']};index=0"],
    ]


async def test_the_times_of_a_job_are_in_order(target: Target, idle: str) -> None:
    number = (await target.run("PUT", f"{idle}/startup"))["id"]
    names = ["received_ts", "start_ts", "opstart", "opexec", "opend", "end_ts"]
    body = {"fields": names, "qfilter": ["=", "id", number]}
    row = (await target.call("PUT", "/2/query/job", body)).json["data"][0]
    values = [cell[1] for cell in row]
    stamps = [values[0], values[1], values[2][0], values[3][0], values[4][0], values[5]]
    assert stamps == sorted(stamps)


async def test_a_window_finds_new_jobs_and_says_which_are_missing(
    target: Target, idle: str
) -> None:
    first = (await target.run("PUT", f"{idle}/tags?tag=q"))["id"]
    second = (await target.run("DELETE", f"{idle}/tags?tag=q"))["id"]
    body = {"fields": ["id", "summary"], "qfilter": [">", "id", first]}
    window = (await target.call("PUT", "/2/query/job", body)).json["data"]
    assert [[0, second], [0, ["TAGS_DEL"]]] in window
    assert all(row[0][1] > first for row in window)
    body["qfilter"] = ["|", ["=", "id", second], ["=", "id", 999999]]
    exact = (await target.call("PUT", "/2/query/job", body)).json["data"]
    assert exact == [[[0, second], [0, ["TAGS_DEL"]]], [[0, 999999], [3, None]]]


async def test_a_reinstall_is_one_job_of_three_opcodes(target: Target, idle: str) -> None:
    job = await target.run("POST", f"{idle}/reinstall", {"os": target.os, "start": False})
    assert [op["OP_ID"] for op in job["ops"]] == ["OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_REINSTALL"]
    assert job["opresult"] == [None, None]
    refused = await target.call("POST", f"{idle}/reinstall?reason=x", {"os": target.os})
    assert refused.status == 400


async def test_several_at_once_become_children_with_the_same_reason(target: Target) -> None:
    names = ["job-m1", "job-m2"]
    specs = [_create(target, name, hypervisor="fake") for name in names]
    for spec in specs:
        del spec["__version__"]
    job = await target.run("POST", "/2/instances-multi-alloc?reason=many", {"instances": specs})
    result = job["opresult"][0]
    assert (result["allocatable"], result["failed"]) == (names, [])
    for _, number in result["jobs"]:
        child = await target.job(number)
        assert child["status"] == "success", child["opresult"]
        assert child["ops"][0]["comment"] == "Submitted by OP_INSTANCE_MULTI_ALLOC"
        assert child["ops"][0]["reason"][0][:2] == ["gnt:user", "many"]
    for name in names:
        await target.run("DELETE", f"/2/instances/{name}")


async def test_a_burst_of_jobs_all_end(target: Target, idle: str) -> None:
    numbers = [await target.submit("PUT", f"{idle}/tags?tag=b{n}") for n in range(8)]
    jobs = await asyncio.gather(*(target.job(number) for number in numbers))
    assert {job["status"] for job in jobs} <= FINAL
    tags = (await target.call("GET", f"{idle}/tags")).json
    assert {f"b{n}" for n in range(8)} <= set(tags)
