"""Where a job history has been read up to, and what is asked next."""

from services.ganeti_watcher.domain.cursor import (
    MOVING,
    NEXT,
    Cursor,
    OpenJob,
    ask,
    cold,
    first,
    hot,
    next_epoch,
    with_promised,
)
from shared.contracts.ganeti import RANK, JobStatus

RUNNING, QUEUED = RANK[JobStatus.RUNNING], RANK[JobStatus.QUEUED]


def cursor_with(*jobs: OpenJob, high: int = 500, anchor: float | None = None) -> Cursor:
    return Cursor(epoch=1, high=high, anchor=anchor, open={job.place: job for job in jobs})


def test_a_look_asks_for_what_is_new_for_open_jobs_and_for_the_last_one_seen() -> None:
    cursor = cursor_with(OpenJob(job_id=7, epoch=1), high=9, anchor=1.0)
    assert ask(cursor, hot(cursor)) == ["|", [">", "id", 9], ["=", "id", 7], ["=", "id", 9]]


def test_every_look_asks_for_what_runs_however_old_and_for_what_is_next() -> None:
    running = [OpenJob(job_id=n, epoch=1, rank=RUNNING) for n in range(1, 21)]
    queued = [OpenJob(job_id=n, epoch=1, rank=QUEUED) for n in range(21, 900)]
    asked = hot(cursor_with(*running, *queued, high=900))
    assert asked == list(range(1, 21 + NEXT))


def test_what_runs_is_asked_for_up_to_a_bound() -> None:
    many = [OpenJob(job_id=n, epoch=1, rank=RUNNING) for n in range(1, MOVING * 3)]
    assert len(hot(cursor_with(*many))) == MOVING


def test_every_open_job_has_its_turn() -> None:
    cursor = cursor_with(*(OpenJob(job_id=n, epoch=1, rank=QUEUED) for n in range(1, 300)))
    seen, after = set(hot(cursor)), 0
    for _turn in range(3):
        asked = cold(cursor, after, 100)
        after = asked[-1]
        seen |= set(asked)
    assert seen == set(range(1, 300))


def test_a_first_look_takes_in_the_newest_jobs() -> None:
    assert first(1, 1000).high == 800


def test_a_new_history_keeps_open_jobs_in_the_epoch_they_were_made_in() -> None:
    old = cursor_with(OpenJob(job_id=48, epoch=1, rank=QUEUED), high=50)
    new = next_epoch(old, 2, 20)
    assert (new.epoch, new.high, new.anchor, new.open[1, 48].epoch) == (2, 20, None, 1)


def test_ids_that_were_only_skipped_belong_to_the_new_history() -> None:
    old = cursor_with(OpenJob(job_id=48, epoch=1), high=50)
    assert next_epoch(old, 2, 20).open == {}


def test_a_promised_job_does_not_displace_one_that_is_known() -> None:
    known = OpenJob(job_id=48, epoch=1, rank=RUNNING, received=1.0)
    promised = [OpenJob(job_id=48, epoch=1, key="k"), OpenJob(job_id=49, epoch=1, key="l")]
    assert with_promised(cursor_with(known), promised).open == {
        (1, 48): known,
        (1, 49): promised[1],
    }
