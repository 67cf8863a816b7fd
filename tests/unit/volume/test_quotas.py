"""What fits within limits."""

from collections.abc import Mapping

import pytest

from services.volume.domain.quotas import (
    TooManyGigabytes,
    TooManyVolumes,
    Usage,
    VolumeTooLarge,
    check,
    check_size,
    of_type,
)

USAGE = Usage(volumes=3, gigabytes=30, by_type={"standard": (2, 20), "native": (1, 10)})


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"volumes": 4},
        {"volumes": -1},
        {"gigabytes": 35},
        {"volumes_standard": 3, "gigabytes_standard": 25},
        {"volumes_native": 0, "gigabytes_native": 0},
    ],
)
def test_what_fits_is_let_through(limits: Mapping[str, int]) -> None:
    check(limits, USAGE, "standard", volumes=1, gigabytes=5)


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ({"volumes": 3}, TooManyVolumes),
        ({"volumes": 0}, TooManyVolumes),
        ({"volumes_standard": 2}, TooManyVolumes),
        ({"gigabytes": 34}, TooManyGigabytes),
        ({"gigabytes": 0}, TooManyGigabytes),
        ({"gigabytes_standard": 24}, TooManyGigabytes),
        ({"gigabytes": 34, "volumes": 3}, TooManyGigabytes),
    ],
)
def test_what_does_not_fit_is_refused(limits: Mapping[str, int], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check(limits, USAGE, "standard", volumes=1, gigabytes=5)


def test_who_asks_for_nothing_more_is_let_through_even_above_a_limit() -> None:
    check({"volumes": 1, "gigabytes": 1}, USAGE, "standard", volumes=0, gigabytes=0)


def test_one_volume_may_have_a_limit_of_its_own() -> None:
    check_size({"per_volume_gigabytes": 5}, 5)
    check_size({"per_volume_gigabytes": -1}, 10**6)
    check_size({}, 10**6)
    with pytest.raises(VolumeTooLarge):
        check_size({"per_volume_gigabytes": 5}, 6)


@pytest.mark.parametrize(
    ("resource", "used"),
    [
        ("volumes", 3),
        ("gigabytes", 30),
        ("volumes_standard", 2),
        ("gigabytes_native", 10),
        ("gigabytes_absent", 0),
        ("snapshots_standard", 0),
        ("backup_gigabytes", 0),
        ("per_volume_gigabytes", 0),
    ],
)
def test_usage_is_counted_by_resource(resource: str, used: int) -> None:
    assert USAGE.of(resource) == used


def test_a_type_has_three_resources() -> None:
    assert of_type("a_b") == ("volumes_a_b", "snapshots_a_b", "gigabytes_a_b")
    assert Usage(by_type={"a_b": (1, 2)}).of("gigabytes_a_b") == 2
