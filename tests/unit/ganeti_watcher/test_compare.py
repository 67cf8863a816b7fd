"""What an answer says against the cursor."""

from services.ganeti_watcher.domain.compare import HOLE, MISSING_FOR, compare
from services.ganeti_watcher.domain.cursor import Cursor, OpenJob
from services.ganeti_watcher.domain.jobs import JobRow
from shared.contracts.ganeti import JobStatus


def row(job_id: int, status: JobStatus | None = JobStatus.RUNNING, received: float = 1.0) -> JobRow:
    return JobRow(job_id=job_id, status=status, received=received if status else None)


def cursor_with(*jobs: OpenJob, high: int, epoch: int = 1, anchor: float | None = None) -> Cursor:
    return Cursor(epoch=epoch, high=high, anchor=anchor, open={job.place: job for job in jobs})


def test_the_cursor_moves_to_the_highest_id_seen_and_remembers_when_it_was_received() -> None:
    look = compare(cursor_with(high=3), [row(4), row(5, received=7.0)], now=0)
    assert (look.cursor.high, look.cursor.anchor) == (5, 7.0)
    assert [each.job_id for _job, each in look.moved] == [4, 5]


def test_a_skipped_id_is_followed_until_it_shows_or_seems_lost() -> None:
    look = compare(cursor_with(high=3), [row(5)], now=0)
    assert set(look.cursor.open) == {(1, 4)}
    still_missing = compare(look.cursor, [], now=MISSING_FOR - 1, asked=[4])
    assert not still_missing.missing
    gone = compare(still_missing.cursor, [], now=MISSING_FOR, asked=[4])
    assert [job.job_id for job in gone.missing] == [4]
    late = compare(look.cursor, [row(4)], now=5)
    assert [each.job_id for _job, each in late.moved] == [4]


def test_what_was_not_asked_for_is_not_missing() -> None:
    look = compare(cursor_with(OpenJob(job_id=2, epoch=1, rank=0), high=3), [], now=0)
    assert look.cursor.open[1, 2].missing_since is None


def test_an_id_used_again_breaks_the_history() -> None:
    cursor = cursor_with(OpenJob(job_id=4, epoch=1, rank=0, received=1.0), high=6)
    assert compare(cursor, [row(4, received=99.0)], now=0).broken


def test_the_last_job_being_another_one_breaks_the_history() -> None:
    assert compare(cursor_with(high=6, anchor=1.0), [row(6, received=99.0)], now=0).broken
    assert not compare(cursor_with(high=6, anchor=1.0), [row(6, received=1.0)], now=0).broken


def test_in_the_new_history_the_old_job_is_lost_and_the_new_one_is_told() -> None:
    old = OpenJob(job_id=48, epoch=1, rank=0, received=1.0)
    look = compare(cursor_with(old, high=47, epoch=2), [row(48, received=99.0)], now=0)
    assert list(look.replaced) == [old]
    assert [(job.epoch, each.received) for job, each in look.moved] == [(2, 99.0)]
    assert look.cursor.open == {}


def test_a_job_that_outlived_its_history_is_told_in_both() -> None:
    old = OpenJob(job_id=48, epoch=1, rank=0, received=1.0)
    look = compare(cursor_with(old, high=47, epoch=2), [row(48, received=1.0)], now=0)
    assert sorted(job.epoch for job, _row in look.moved) == [1, 2]


def test_an_unknown_id_beyond_the_end_does_not_move_the_cursor() -> None:
    assert compare(cursor_with(high=4), [row(900, None)], now=0).cursor.high == 4


def test_a_first_look_does_not_hunt_for_gaps() -> None:
    look = compare(cursor_with(high=800), [row(1000)], now=0, gaps=False)
    assert (look.cursor.high, look.cursor.open) == (1000, {})


def test_a_hole_in_the_ids_is_walked_through_not_jumped_over() -> None:
    look = compare(cursor_with(high=10), [row(12 + HOLE)], now=0)
    assert (look.hole, look.cursor.high, list(look.moved)) == (12 + HOLE, 10, [])


def test_a_walk_takes_the_cursor_to_its_end_and_follows_what_is_unknown() -> None:
    look = compare(cursor_with(high=10), [row(11), row(12, None)], now=0, upto=12)
    assert (look.cursor.high, set(look.cursor.open)) == (12, {(1, 12)})


def test_on_a_walk_an_open_job_beyond_its_end_is_no_new_id() -> None:
    """Ids between the two would never be told in the new epoch, and who waits waits for ever."""
    old = OpenJob(job_id=228, epoch=1, rank=0, received=1.0)
    rows = [*(row(job_id) for job_id in range(29, 129)), row(228)]
    look = compare(
        cursor_with(old, high=28, epoch=2), rows, now=0, asked=[228], gaps=False, upto=128
    )
    assert look.cursor.high == 128
    assert [job.place for job, _row in look.moved if job.job_id == 228] == [(1, 228)]
