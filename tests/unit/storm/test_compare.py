"""The judge of the storm: it must see what is missing, invented, doubled or out of order."""

from tests.storm.compare import Heard, Transition, compare, transitions_of

STATUSES = ("queued", "waiting", "running", "success")


def _truth(*jobs: int, name: str = "i") -> list[Transition]:
    return [
        Transition("c", job, status, job * 10 + place, (name,))
        for job in jobs
        for place, status in enumerate(STATUSES)
    ]


def _heard(truth: list[Transition], lag: float = 1.0) -> list[Heard]:
    return [Heard(*each[:3], each.at + lag, f"m{n}") for n, each in enumerate(truth)]


def _none() -> dict[str, int]:
    return {"missing": 0, "invented": 0, "published_twice": 0, "out_of_order": 0}


def test_nothing_is_wrong_with_what_was_told_as_it_was() -> None:
    verdict = compare(_truth(1, 2), _heard(_truth(1, 2)), late=2)
    assert verdict.faults == _none()
    assert (verdict.transitions, verdict.repeated, verdict.lags) == (8, 0, [1.0, 1.0])
    assert verdict.late_until == 0


def test_a_delivery_again_is_allowed_and_counted() -> None:
    heard = _heard(_truth(1))
    verdict = compare(_truth(1), [*heard, heard[2]], late=2)
    assert (verdict.faults, verdict.repeated) == (_none(), 1)


def test_a_transition_published_twice_is_not() -> None:
    heard = _heard(_truth(1))
    again = heard[3]._replace(message="another")
    verdict = compare(_truth(1), [*heard, again], late=2)
    assert verdict.published_twice == ["c job 1 success"]


def test_what_is_missing_and_what_is_invented_is_named() -> None:
    verdict = compare(_truth(1), _heard([*_truth(1)[1:], *_truth(2)[:1]]), late=2)
    assert verdict.missing == ["c job 1 queued"]
    assert verdict.invented == ["c job 2 queued"]
    assert verdict.examples == ["missing: c job 1 queued", "invented: c job 2 queued"]


def test_a_jobs_statuses_come_in_order() -> None:
    heard = _heard(_truth(1))
    heard[1], heard[2] = heard[2], heard[1]
    assert compare(_truth(1), heard, late=2).out_of_order == ["c job 1 waiting"]


def test_an_instances_jobs_end_in_order() -> None:
    truth = _truth(1, 2)
    verdict = compare(truth, _heard(_truth(2, 1)), late=100)
    assert verdict.out_of_order == ["c i"]
    other = [*_truth(1), *_truth(2, name="j")]
    assert compare(other, _heard(_truth(2, 1)), late=100).out_of_order == []


def test_it_knows_how_long_ends_were_late() -> None:
    heard = [*_heard(_truth(1), lag=5), *_heard(_truth(2), lag=1)]
    heard = [each._replace(message=str(n)) for n, each in enumerate(heard)]
    verdict = compare(_truth(1, 2), heard, late=2)
    assert (verdict.lags, verdict.late_until) == ([5.0, 1.0], 18.0)


def test_the_history_of_a_job_of_two_opcodes_counts_each_status_once() -> None:
    history = [
        [1, 1.0, 7, 1.0, 0, "OP_A", "queued", ["i"]],
        [2, 1.1, 7, 1.0, 1, "OP_B", "queued", ["i"]],
    ]
    assert transitions_of("c", history) == [Transition("c", 7, "queued", 1.0, ("i",))]
