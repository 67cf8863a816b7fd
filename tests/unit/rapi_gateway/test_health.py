"""The breaker: when a cluster is left alone, and when it is tried again."""

from dataclasses import replace

from services.rapi_gateway.domain.health import Cause, Health, Rules, State, is_to_be_told

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
    assert not down.admits_questions
    assert not down.admits_job(0.5)
    assert not down.wants_probe(0.5)


def test_after_the_pause_a_silent_cluster_is_asked_who_it_is_and_nothing_else() -> None:
    down = unreachable(UP, 3)
    assert down.wants_probe(1.0)
    assert not down.admits_questions
    assert not down.admits_job(1.0)
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
    assert degraded.admits_questions
    assert not degraded.admits_job(0.5)


def test_one_job_at_a_time_finds_out_whether_jobs_are_taken_again() -> None:
    degraded = troubled(UP, 3)
    assert degraded.admits_job(1.0)
    assert not degraded.tried(1.0, RULES).admits_job(1.5)
    drained = UP.refused_as_drained(0.0, RULES).tried(5.0, RULES)
    assert not drained.admits_job(9.0)
    assert drained.admits_job(10.0)


def test_a_good_answer_closes_it() -> None:
    assert unreachable(UP, 5).proved() == replace(UP, since=0.0, retry_at=4.0)
    assert troubled(UP, 3).answered().state is State.UP


def test_an_answer_that_comes_late_does_not_close_it() -> None:
    down = unreachable(UP, 3)
    assert down.answered() == down
    assert down.accepted() == down


def test_a_credential_that_is_not_good_opens_it_at_once() -> None:
    out = UP.locked_out(0.0, RULES)
    assert (out.state, out.cause) == (State.DOWN, Cause.AUTH)
    assert out.wants_probe(1.0)
    assert out.proved().state is State.UP


def test_who_may_only_read_is_answered_but_sends_nothing() -> None:
    reader = UP.forbidden(0.0, RULES)
    assert (reader.answered().state, reader.cause) == (State.DRAINED, Cause.AUTH)
    assert reader.admits_questions
    assert not reader.admits_job(4.0)


def test_another_cluster_at_the_address_is_not_spoken_to() -> None:
    taken = UP.distrusted(0.0, RULES)
    assert (taken.state, taken.cause) == (State.DOWN, Cause.STRANGER)
    assert not taken.admits_questions
    assert taken.answered() == taken


def test_a_corrected_way_in_is_tried_at_once() -> None:
    out = UP.locked_out(10.0, RULES)
    assert not out.wants_probe(10.0)
    assert out.with_new_way_in().wants_probe(10.0)


def test_only_an_accepted_job_proves_that_a_drained_queue_is_open_again() -> None:
    drained = UP.refused_as_drained(0.0, RULES)
    assert drained.state is State.DRAINED
    assert drained.answered().state is State.DRAINED
    assert drained.admits_questions
    assert not drained.admits_job(4.0)
    assert drained.admits_job(5.0)
    assert not drained.wants_probe(5.0)
    assert drained.accepted().state is State.UP


def test_bad_news_are_told_at_once_and_good_news_when_they_last() -> None:
    down = UP.locked_out(0.0, RULES)
    assert is_to_be_told("up", down, 0.0, 3.0)
    assert not is_to_be_told("down", down, 100.0, 3.0)
    assert not is_to_be_told("down", UP, 2.9, 3.0)
    assert is_to_be_told("down", UP, 3.0, 3.0)
    assert not is_to_be_told("down", troubled(UP, 3), 1.0, 3.0)
    assert is_to_be_told("degraded", down, 0.0, 3.0)


def test_a_cluster_that_comes_and_goes_is_told_as_gone() -> None:
    told = 0
    state = "up"
    for moment in range(20):  # a second each, well and unwell by turns
        health = UP if moment % 2 else UP.locked_out(0.0, RULES)
        if is_to_be_told(state, health, 1.0, 3.0):
            state, told = str(health.state), told + 1
    assert (state, told) == ("down", 1)
