"""What our next move is after each of Ganeti's reasons to fail."""

from services.compute.domain.outcomes import (
    AFTER_ACTION,
    AFTER_CREATE,
    Next,
    pause_before,
)
from shared.contracts.ganeti import Failure


def test_every_reason_has_an_answer() -> None:
    assert set(AFTER_CREATE) == set(AFTER_ACTION) == set(Failure)


def test_a_full_cluster_means_another_and_a_busy_one_patience() -> None:
    assert AFTER_CREATE[Failure.NO_CAPACITY] is Next.ELSEWHERE
    assert AFTER_CREATE[Failure.BUSY] is Next.AGAIN
    assert AFTER_CREATE[Failure.UNKNOWN_OUTCOME] is Next.LOOK


def test_an_action_never_goes_elsewhere() -> None:
    assert Next.ELSEWHERE not in AFTER_ACTION.values()


def test_pauses_grow_up_to_a_minute() -> None:
    assert [pause_before(attempt) for attempt in (0, 1, 2, 3, 20)] == [0.0, 1.0, 2.0, 4.0, 60.0]
