"""Where a job history has been read up to."""

from services.ganeti_watcher.domain.cursor import (
    HOT,
    MISSING_FOR,
    Cursor,
    OpenJob,
    ask,
    compare,
    first,
    next_epoch,
)
from services.ganeti_watcher.domain.jobs import JobRow
from shared.contracts.ganeti import JobStatus


def row(job_id: int, status: JobStatus | None = JobStatus.RUNNING, received: float = 1.0) -> JobRow:
    return JobRow(job_id=job_id, status=status, received=received if status else None)


def test_a_look_asks_for_what_is_new_and_for_open_jobs() -> None:
    cursor = Cursor(epoch=1, high=9, open={7: OpenJob(job_id=7, epoch=1)})
    assert ask(cursor, all_open=False) == ["|", [">", "id", 9], ["=", "id", 7]]


def test_a_quick_look_asks_only_for_the_newest_open_jobs() -> None:
    many = {n: OpenJob(job_id=n, epoch=1) for n in range(HOT + 30)}
    cursor = Cursor(epoch=1, high=500, open=many)
    assert len(ask(cursor, all_open=False)) == HOT + 2
    assert len(ask(cursor, all_open=True)) == HOT + 32


def test_the_cursor_moves_to_the_highest_id_seen() -> None:
    look = compare(Cursor(epoch=1, high=3), [row(4), row(5)], now=0)
    assert look.cursor.high == 5
    assert [each.job_id for _job, each in look.moved] == [4, 5]


def test_a_skipped_id_is_followed_until_it_shows_or_counts_as_lost() -> None:
    look = compare(Cursor(epoch=1, high=3), [row(5)], now=0)
    assert set(look.cursor.open) == {4}
    still_missing = compare(look.cursor, [], now=MISSING_FOR - 1, asked=[4])
    assert still_missing.lost == []
    gone = compare(still_missing.cursor, [], now=MISSING_FOR, asked=[4])
    assert [job.job_id for job in gone.lost] == [4]
    assert gone.cursor.open == {}
    late = compare(look.cursor, [row(4)], now=5)
    assert [each.job_id for _job, each in late.moved] == [4]


def test_an_id_used_again_is_not_the_job_it_belonged_to() -> None:
    cursor = Cursor(epoch=1, high=4, open={4: OpenJob(job_id=4, epoch=1, received=1.0)})
    look = compare(cursor, [row(4, JobStatus.SUCCESS, received=99.0)], now=0)
    assert look.moved == []
    assert look.cursor.open[4].missing_since == 0


def test_an_unknown_id_beyond_the_end_does_not_move_the_cursor() -> None:
    look = compare(Cursor(epoch=1, high=4), [row(900, None)], now=0)
    assert look.cursor.high == 4


def test_a_first_look_takes_in_the_newest_jobs_without_hunting_for_gaps() -> None:
    start = first(1, 1000)
    assert start.high == 800
    look = compare(start, [row(1000)], now=0, gaps=False)
    assert look.cursor.open == {}


def test_a_new_history_keeps_open_jobs_in_the_epoch_they_were_made_in() -> None:
    old = Cursor(epoch=1, high=50, open={48: OpenJob(job_id=48, epoch=1)})
    new = next_epoch(old, 2, 20)
    assert (new.epoch, new.high, new.open[48].epoch) == (2, 0, 1)
