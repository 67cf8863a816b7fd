"""A budget is met when every figure it names is reached."""

import pytest

from tests.bench.budget import Budget
from tests.bench.report import Figure

READ = Budget(cpu_ms=1.2, share=60)


@pytest.mark.parametrize(
    ("cpu_ms", "share", "verdict"),
    [
        (1.2, 60, "yes"),
        (1.3, 60, "no: cpu_ms"),
        (1.2, 59, "no: share"),
        (2.0, 10, "no: cpu_ms, share"),
        (None, 60, "no: cpu_ms"),
    ],
)
def test_a_figure_says_what_it_missed(cpu_ms: float | None, share: float, verdict: str) -> None:
    figure = Figure(scenario="GET /x", cpu_ms=cpu_ms, share=share, budget=READ)
    assert figure.verdict == verdict
    assert figure.as_json()["met"] == verdict


def test_a_budget_reads_as_it_was_agreed() -> None:
    assert Budget(cpu_ms=5, per_second=200).text() == "CPU <= 5, >= 200/s"
    assert READ.text() == "CPU <= 1.2, >= 60 %"


def test_without_a_budget_there_is_nothing_to_miss() -> None:
    assert Figure(scenario="the prototype", cpu_ms=1).verdict == ""


def test_who_was_refused_was_not_quick() -> None:
    assert Figure(scenario="GET /x", cpu_ms=1, share=99, budget=READ, refused=1).verdict.startswith(
        "no"
    )


def test_a_line_tells_what_is_known_and_no_more() -> None:
    figure = Figure(scenario="GET /x", rows=1000, cpu_ms=0.5, share=80, budget=READ)
    assert figure.brief == "GET /x: rows 1000, CPU ms 0.5, % 80, met yes"
