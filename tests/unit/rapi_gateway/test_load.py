"""When the load of a cluster is worth a word."""

from dataclasses import replace

from services.rapi_gateway.domain.load import Load

IDLE = Load(cluster="c1", health="up")


def test_small_changes_of_figures_are_no_news() -> None:
    assert replace(IDLE, pending=1).scale == replace(IDLE, pending=9, last_job=5).scale
    assert replace(IDLE, lag_seconds=0.2).scale == IDLE.scale
    assert replace(IDLE, lag_seconds=11.0).scale == replace(IDLE, lag_seconds=99.9).scale


def test_another_magnitude_or_another_state_of_the_breaker_is_news() -> None:
    loads = [
        IDLE,
        replace(IDLE, pending=1),
        replace(IDLE, pending=10),
        replace(IDLE, pending=1, in_doubt=1),
        replace(IDLE, lag_seconds=10.0),
        replace(IDLE, lag_seconds=100.0),
        replace(IDLE, health="down", cause="unreachable"),
        replace(IDLE, health="down", cause="auth"),
    ]
    assert len({each.scale for each in loads}) == len(loads)
