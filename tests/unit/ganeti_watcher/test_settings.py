"""How often clusters are looked at."""

import pytest

from services.ganeti_watcher.settings import Pace

PACE = Pace(busy=0.5, idle=1.0, slowest=2.0)


@pytest.mark.parametrize(("is_busy", "pause"), [(True, 0.5), (False, 1.0)])
def test_open_jobs_are_looked_at_more_often(is_busy: bool, pause: float) -> None:
    assert PACE.between(is_busy=is_busy, took=0.02) == pause


def test_who_takes_long_to_answer_is_asked_less_often() -> None:
    assert PACE.between(is_busy=True, took=0.6) == 1.2


def test_nobody_is_forgotten_for_being_slow() -> None:
    assert PACE.between(is_busy=True, took=30.0) == 2.0
