"""A row of the windowed query, and the facts that lie between two looks."""

from services.ganeti_watcher.domain.jobs import (
    JobResult,
    JobRow,
    facts_of,
    in_order,
    result_of,
    row_of,
    steps,
    targets,
)
from shared.contracts.ganeti import RANK, JobObserved, JobStatus, hotplug_failed

KEY = "0f9c4a52-7d2e-4f2a-9f5e-6f9a4b7c1d20"
ENDED = JobRow(
    job_id=7,
    status=JobStatus.SUCCESS,
    summary=("INSTANCE_CREATE(cyc-1)",),
    received=10.0,
    started=11.0,
    executed=12.0,
    ended=13.0,
)


def test_a_row_is_read_with_its_times() -> None:
    row = row_of(
        [
            (0, 7),
            (0, "running"),
            (0, ["INSTANCE_CREATE(cyc-1)"]),
            (0, [10, 500_000]),
            (0, [11, 0]),
            (0, [None, [12, 0]]),
            (0, None),
        ]
    )
    assert (row.job_id, row.status) == (7, JobStatus.RUNNING)
    assert (row.received, row.started, row.executed, row.ended) == (10.5, 11.0, 12.0, None)


def test_a_job_ganeti_does_not_know_has_no_status() -> None:
    row = row_of([(0, 999), (3, None), (3, None), (3, None), (3, None), (3, None), (3, None)])
    assert (row.job_id, row.status) == (999, None)


def test_transitions_between_two_looks_are_put_back_in_order() -> None:
    assert [status for status, _when in steps(ENDED, -1)] == [
        JobStatus.QUEUED,
        JobStatus.WAITING,
        JobStatus.RUNNING,
        JobStatus.SUCCESS,
    ]


def test_what_was_published_is_not_published_again() -> None:
    assert [s for s, _ in steps(ENDED, RANK[JobStatus.WAITING])] == [
        JobStatus.RUNNING,
        JobStatus.SUCCESS,
    ]
    assert steps(ENDED, RANK[JobStatus.SUCCESS]) == []


def test_a_job_cancelled_in_the_queue_never_ran() -> None:
    row = JobRow(job_id=8, status=JobStatus.CANCELED, received=1.0, ended=2.0)
    assert [status for status, _ in steps(row, -1)] == [JobStatus.QUEUED, JobStatus.CANCELED]


def test_only_the_last_fact_carries_what_the_job_came_to() -> None:
    facts = facts_of("athens", 2, ENDED, -1, JobResult(results=(["node1"],), key=KEY))
    *before, last = [each.fact for each in facts]
    assert all(fact.result == [] for fact in before)
    assert (last.result, last.submission, last.instance) == ([["node1"]], KEY, "cyc-1")
    assert before[-1].routing_key == "ganeti.job.observed.-.athens:7"
    assert last.routing_key == "ganeti.job.ended.-.athens:7"
    assert last.at == "1970-01-01T00:00:13+00:00"


def test_our_key_is_found_in_the_reason_trail_and_in_the_comment() -> None:
    trail = {"reason": [["gnt:user", f"cyclades:{KEY};req-1", 1], ["gnt:library", "x", 2]]}
    _job, from_trail = result_of([(0, 7), (0, [None]), (0, [trail])])
    _job, from_comment = result_of([(0, 7), (0, [None]), (0, [{"comment": f"cyclades:{KEY}"}])])
    _job, foreign = result_of([(0, 7), (0, [None]), (0, [{"reason": [["gnt:user", "mine", 1]]}])])
    assert (from_trail.key, from_comment.key, foreign.key) == (KEY, KEY, None)


def test_targets_are_named_by_kind() -> None:
    summary = ["INSTANCE_SHUTDOWN(a.b-c)", "TAGS_SET", "NETWORK_ADD(cyc-net)"]
    assert targets(summary, "INSTANCE") == ["a.b-c"]
    assert targets(summary, "NETWORK") == ["cyc-net"]


def test_an_export_is_a_job_of_its_instance_and_tells_what_came_of_it() -> None:
    assert targets(["BACKUP_EXPORT(cyc-1)"], "INSTANCE") == ["cyc-1"]


def test_a_change_of_devices_tells_how_plugging_went() -> None:
    row = JobRow(
        job_id=7, status=JobStatus.SUCCESS, summary=("INSTANCE_SET_PARAMS(cyc-1)",), ended=2.0
    )
    done = JobResult(results=([["disk/1", "add:size=32,mode=rw"], ["disk/1", "hotplug:failed"]],))
    *_before, last = facts_of("c1", 1, row, -1, done)
    assert hotplug_failed(JobObserved.model_validate_json(last.fact.model_dump_json()).result)


def test_two_jobs_of_one_instance_are_told_in_the_order_of_their_deeds() -> None:
    late = JobRow(
        job_id=6, status=JobStatus.SUCCESS, received=10.0, started=14.0, executed=14.0, ended=15.0
    )
    told = [*facts_of("c1", 1, late, -1, JobResult()), *facts_of("c1", 1, ENDED, -1, JobResult())]
    order = [(fact.job_id, fact.status) for fact in in_order(told)]
    assert order.index((7, JobStatus.SUCCESS)) < order.index((6, JobStatus.RUNNING))


def test_a_clock_that_was_set_back_reorders_nothing_within_a_job() -> None:
    row = JobRow(
        job_id=6, status=JobStatus.SUCCESS, received=10.0, started=9.0, executed=8.0, ended=7.0
    )
    ranks = [RANK[fact.status] for fact in in_order(facts_of("c1", 1, row, -1, JobResult()))]
    assert ranks == sorted(ranks)
