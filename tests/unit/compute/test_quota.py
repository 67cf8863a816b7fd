"""How much a project may have."""

import pytest

from services.compute.domain import quota
from services.compute.domain.quota import QuotaExceeded

LIMITS = {"instances": 10, "cores": 20, "ram": 51200}


def test_what_fits_passes() -> None:
    quota.require({"instances": 1, "cores": 20}, {"instances": 9, "cores": 0}, LIMITS)


def test_what_does_not_is_named_with_its_figures() -> None:
    with pytest.raises(QuotaExceeded) as refused:
        quota.require(
            {"instances": 1, "cores": 4, "ram": 8192},
            {"instances": 3, "cores": 20, "ram": 51200},
            LIMITS,
        )
    assert refused.value.message == (
        "Quota exceeded for cores, ram: Requested 4, 8192, "
        "but already used 20, 51200 of 20, 51200 cores, ram"
    )


def test_minus_one_is_as_many_as_one_likes() -> None:
    quota.require({"cores": 10**6}, {"cores": 10**9}, {"cores": -1})


def test_nothing_wanted_is_never_too_much() -> None:
    quota.require({"cores": 0}, {"cores": 30}, LIMITS)
