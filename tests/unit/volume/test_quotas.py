"""What fits within limits."""

from collections.abc import Mapping

import pytest

from services.volume.domain.quotas import (
    Count,
    TooManyGigabytes,
    TooManySnapshots,
    TooManyVolumes,
    Usage,
    VolumeTooLarge,
    check,
    check_size,
    of_type,
)

USAGE = Usage(
    by_type={
        "standard": Count(volumes=2, snapshots=1, gigabytes=20),
        "native": Count(volumes=1, gigabytes=10),
    }
)


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
    check(limits, USAGE, "standard", Count(volumes=1, gigabytes=5))


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
        check(limits, USAGE, "standard", Count(volumes=1, gigabytes=5))


def test_who_asks_for_nothing_more_is_let_through_even_above_a_limit() -> None:
    check({"volumes": 1, "gigabytes": 1}, USAGE, "standard", Count())


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
        ("snapshots_standard", 1),
        ("snapshots", 1),
        ("backup_gigabytes", 0),
        ("per_volume_gigabytes", 0),
    ],
)
def test_usage_is_counted_by_resource(resource: str, used: int) -> None:
    assert USAGE.of(resource) == used


def test_a_type_has_three_resources() -> None:
    assert of_type("a_b") == ("volumes_a_b", "snapshots_a_b", "gigabytes_a_b")
    assert Usage(by_type={"a_b": Count(volumes=1, gigabytes=2)}).of("gigabytes_a_b") == 2


def test_snapshots_have_a_limit_of_their_own() -> None:
    check({"snapshots": 2, "volumes": 0}, USAGE, "standard", Count(snapshots=1))
    with pytest.raises(TooManySnapshots, match="SnapshotLimitExceeded"):
        check({"snapshots_standard": 1}, USAGE, "standard", Count(snapshots=1, gigabytes=1))
