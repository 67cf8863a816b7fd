"""What Ganeti says of a job, made fit to travel."""

from services.ganeti_watcher.domain.jobs import row_of
from services.ganeti_watcher.domain.outcome import failure_of
from services.ganeti_watcher.domain.progress import progress_of
from services.ganeti_watcher.domain.results import LARGEST_RESULT, LONGEST_TEXT, fit
from shared.contracts.ganeti import JobStatus


def test_no_nul_travels() -> None:
    assert fit([["disk/0\0", {"a\0": "b\0"}]]) == [["disk/0", {"a": "b"}]]
    failure = failure_of(JobStatus.ERROR, [["OpExecError", ["OS script said \0"]]])
    assert failure is not None
    assert failure.text == "OS script said "


def test_megabytes_do_not_travel() -> None:
    assert fit(["x" * LARGEST_RESULT]) == []
    failure = failure_of(JobStatus.ERROR, ["x" * 1_000_000])
    assert failure is not None
    assert len(failure.text) <= LONGEST_TEXT + 1


def test_a_status_nobody_knows_reads_as_none() -> None:
    row = row_of([(0, 7), (0, "sleeping"), (0, "odd"), (0, "x"), (0, [1]), (0, 5), (3, None)])
    assert (row.job_id, row.status, row.summary, row.received) == (7, None, (), None)


def test_the_newest_line_of_a_log_is_the_progress() -> None:
    lines = [[1, [1, 0], "message", "* disk sync"], [2, [2, 0], "message", "device 0: 12.30% done"]]
    assert progress_of([(0, 7), (0, [lines])]) == (7, (2, "device 0: 12.30% done", 12.3))
    assert progress_of([(0, 7), (0, [[]])]) == (7, (0, "", None))
    assert progress_of([(0, 7), (3, None)]) == (7, (0, "", None))
