"""Clients work while everything under them fails, and in the end nothing is lost or doubled."""

import pytest

from tests.chaos.play import play
from tests.chaos.rig import running_rig

pytestmark = pytest.mark.timeout(600)

SEED, SERVERS, CLIENTS = 1, 18, 6  # `make chaos` has more of all three


def test_nothing_is_lost_and_nothing_doubled() -> None:
    told: list[str] = []
    with running_rig() as rig:
        result = play(rig, SEED, SERVERS, CLIENTS, told.append)
    assert result.verdict.problems == [], "\n".join(told)
    assert result.leftovers == [], "\n".join(told)
    assert result.verdict.outcomes["create accepted"] >= SERVERS / 2
    assert sum(result.struck.values()) >= 3, "it was not quiet"
