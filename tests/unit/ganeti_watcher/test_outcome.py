"""Why a job failed, in every shape Ganeti was seen to say it."""

from typing import Any

import pytest

from services.ganeti_watcher.domain.outcome import failure_of
from shared.contracts.ganeti import Failure, JobStatus

NO_ROOM = "Can't compute nodes using iallocator 'hail': Request failed: FailMem: 1"
DEAF = "Error 7: Failed to connect to 10.0.0.1 port 1811 after 0 ms: Couldn't connect to server"
POLICY = "Instance allocation violates policy: cpu-count value 99 is not in range [1, 8]"


@pytest.mark.parametrize(
    ("results", "failure", "code"),
    [
        ([["OpPrereqError", [NO_ROOM, "insufficient_resources"]]], Failure.NO_CAPACITY,
         "insufficient_resources"),
        ([["OpPrereqError", [POLICY, "wrong_input"]]], Failure.POLICY, "wrong_input"),
        ([["OpPrereqError", ["Invalid hostname 'x!'", "wrong_input"]]], Failure.BAD_REQUEST,
         "wrong_input"),
        ([["OpPrereqError", ["already in the cluster", "already_exists"]]], Failure.EXISTS,
         "already_exists"),
        ([["OpPrereqError", ["Instance 'x' not known", "unknown_entity"]]], Failure.NOT_FOUND,
         "unknown_entity"),
        ([["OpPrereqError", ["try again", "temp_insufficient_resources"]]], Failure.BUSY,
         "temp_insufficient_resources"),
        ([["OpPrereqError", ["Please re-submit secret parameters to job.", "wrong_input"]]],
         Failure.BUSY, "wrong_input"),
        ([["OpPrereqError", ["Disk template 'plain' is not enabled"]]], Failure.ENVIRONMENT, None),
        ([["OpExecError", ["OS create script failed"]]], Failure.ENVIRONMENT, None),
        ([["OpExecError", [f"Can't get data for node n1: {DEAF}"]]], Failure.UNREACHABLE, None),
        ([["OpExecError", ["Could not start instance: Error 28: Operation timed out"]]],
         Failure.UNREACHABLE, None),
        ([["OpPrereqError", [f"Cannot get nodes: {DEAF}", "environment_error"]]],
         Failure.UNREACHABLE, "environment_error"),
        ([["OpExecError", ["OS create script: Error 1: no such disk"]]], Failure.ENVIRONMENT, None),
        ([["OpExecError", [""]]], Failure.BUSY, None),
        ([["NoMasterError", ["/var/run/ganeti/socket/wconfd"]]], Failure.UNKNOWN_OUTCOME, None),
        (["detected death of job 748"], Failure.UNKNOWN_OUTCOME, None),
        (["Job canceled by request"], Failure.ENVIRONMENT, None),
        ([None, ["OpExecError", ["Preceding opcode failed"]]], Failure.ENVIRONMENT, None),
        ([], Failure.ENVIRONMENT, None),
    ],
)  # fmt: skip
def test_an_error_is_classed_by_what_to_do_next(
    results: list[Any], failure: Failure, code: str | None
) -> None:
    found = failure_of(JobStatus.ERROR, results)
    assert found is not None
    assert (found.failure, found.code) == (failure, code)


def test_a_job_that_succeeded_did_not_fail() -> None:
    assert failure_of(JobStatus.SUCCESS, [["node1"]]) is None


def test_a_lost_job_may_have_done_anything() -> None:
    lost = failure_of(JobStatus.LOST, [])
    assert lost is not None
    assert lost.failure is Failure.UNKNOWN_OUTCOME


def test_a_cancelled_job_says_so() -> None:
    cancelled = failure_of(JobStatus.CANCELED, [None])
    assert cancelled is not None
    assert cancelled.failure is Failure.CANCELED
