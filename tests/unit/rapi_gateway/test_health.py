"""The breaker: when a cluster is left alone, and when it is tried again."""

from dataclasses import replace

from services.rapi_gateway.domain.health import Health, Rules, State

RULES = Rules(failures=3, pause=1.0, longest_pause=8.0, drained_pause=5.0, failover=60.0)
UP = Health()


def unreachable(health: Health, times: int, now: float = 0.0, *, others: bool = False) -> Health:
    for _ in range(times):
        health = health.unreachable(now, RULES, has_others=others)
    return health


def troubled(health: Health, times: int, now: float = 0.0) -> Health:
    for _ in range(times):
        health = health.troubled(now, RULES)
    return health


def test_single_failures_do_not_open_it() -> None:
    assert unreachable(UP, 2).state is State.UP
    assert troubled(UP, 2).state is State.UP
    assert troubled(troubled(UP, 2).answered(), 2).state is State.UP


def test_silence_opens_it() -> None:
    down = unreachable(UP, 3)
    assert down.state is State.DOWN
    assert not down.admits_question(0.5)
    assert not down.admits_job(0.5)
    assert not down.wants_probe(0.5)


def test_it_is_half_open_after_the_pause() -> None:
    down = unreachable(UP, 3)
    assert down.admits_question(1.0)
    assert down.wants_probe(1.0)
    assert not down.tried(1.0, RULES).wants_probe(1.5)


def test_the_pause_grows_but_not_without_end() -> None:
    pauses = [unreachable(UP, 3 + more).retry_at for more in range(6)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_a_silent_cluster_with_other_addresses_is_failing_over_for_a_while() -> None:
    searching = unreachable(UP, 3, others=True)
    assert searching.state is State.FAILOVER
    assert unreachable(searching, 1, now=61.0, others=True).state is State.DOWN


def test_bad_answers_hold_jobs_back_but_not_questions() -> None:
    degraded = troubled(UP, 3)
    assert degraded.state is State.DEGRADED
    assert degraded.admits_question(0.0)
    assert not degraded.admits_job(0.5)


def test_a_good_answer_closes_it() -> None:
    assert unreachable(UP, 5).answered() == replace(UP, since=0.0, retry_at=4.0)
    assert troubled(UP, 3).answered().state is State.UP


def test_only_an_accepted_job_proves_that_a_drained_queue_is_open_again() -> None:
    drained = UP.refused_as_drained(0.0, RULES)
    assert drained.state is State.DRAINED
    assert drained.answered().state is State.DRAINED
    assert drained.admits_question(0.0)
    assert not drained.admits_job(4.0)
    assert drained.admits_job(5.0)
    assert not drained.wants_probe(5.0)
    assert drained.accepted().state is State.UP
