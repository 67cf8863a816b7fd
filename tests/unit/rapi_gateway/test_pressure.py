"""How much is taken of a cluster: less when it suffers, slowly more when it does not."""

from services.rapi_gateway.domain.pressure import Pressure, Tolerance

USUAL = Tolerance()


def test_a_cluster_that_answers_quickly_is_used_in_full() -> None:
    assert Pressure().measured(0.05, 0.1, 0.0, USUAL) == Pressure(eased_at=0.0)


def test_slow_rapi_costs_slots_and_a_slow_daemon_costs_rate() -> None:
    starved = Pressure().measured(9.1, 9.2, 0.0, USUAL)
    assert (starved.slots, starved.rate) == (0.5, 1.0)
    laboring = Pressure().measured(0.1, 8.0, 0.0, USUAL)
    assert (laboring.slots, laboring.rate) == (1.0, 0.5)


def test_what_was_taken_back_quickly_returns_slowly() -> None:
    pressure = Pressure()
    for _ in range(9):
        pressure = pressure.measured(9.0, 30.0, 0.0, USUAL)
    assert (pressure.slots, pressure.rate) == (USUAL.least, USUAL.least)
    steps = 0
    while pressure.rate < 1.0:
        pressure, steps = pressure.measured(0.1, 0.1, 0.0, USUAL), steps + 1
    assert (steps, pressure.slots) == (7, 1.0)


def test_complaints_of_one_moment_count_once() -> None:
    pressure = Pressure()
    for moment in (0.0, 0.1, 0.5):
        pressure = pressure.complained(moment, USUAL)
    assert pressure.rate == 0.5
    assert pressure.complained(1.5, USUAL).rate == 0.25


def test_a_submission_that_took_long_is_a_complaint() -> None:
    assert Pressure().submitted(1.0, 0.0, USUAL).rate == 1.0
    assert Pressure().submitted(5.0, 0.0, USUAL).rate == 0.5
