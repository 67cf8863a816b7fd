"""The filter language of the query API."""

from typing import Any

import pytest

from deploy.simulator.query.filters import Incomparable, Unreadable, names_only, read

_ROW = {"id": (0, 5), "name": (0, "five"), "tags": (0, ["a"]), "up": (0, True), "ram": (3, None)}


def _matches(qfilter: Any) -> bool:
    return read(qfilter, set(), _ROW.__contains__)(_ROW.__getitem__)


@pytest.mark.parametrize(
    ("qfilter", "expected"),
    [
        (None, True),
        (["=", "id", 5], True),
        (["=", "id", 5.0], True),
        (["!=", "id", 5], False),
        ([">", "id", 4], True),
        (["<=", "id", 4], False),
        (["<", "name", "six"], True),
        (["=~", "name", "^f.v"], True),
        (["=[]", "tags", "a"], True),
        (["=[]", "tags", "b"], False),
        (["?", "up"], True),
        (["!", ["?", "up"]], False),
        (["|", ["=", "id", 1], ["=", "name", "five"]], True),
        (["&", ["=", "id", 5], ["=", "name", "six"]], False),
        (["|"], False),
        (["&"], True),
        (["=", "ram", 1], True),
    ],
)
def test_filters_match(qfilter: Any, *, expected: bool) -> None:
    assert _matches(qfilter) is expected


@pytest.mark.parametrize(
    "qfilter", [[], ["~", "id", 1], ["="], ["=", 1, 1], ["=", "id", None], ["=~", "name", "("], "x"]
)
def test_unreadable_filters_are_refused(qfilter: Any) -> None:
    with pytest.raises(Unreadable):
        _matches(qfilter)


@pytest.mark.parametrize(
    "qfilter",
    [
        ["=", "id", "5"],
        ["=", "name", 5],
        ["=", "up", "true"],
        ["?", "id"],
        ["=~", "id", "5"],
        ["=[]", "id", 5],
        ["=", "nosuch", 1],
    ],
)
def test_filters_that_do_not_fit_the_data_are_refused(qfilter: Any) -> None:
    with pytest.raises(Incomparable):
        _matches(qfilter)


@pytest.mark.parametrize(
    ("qfilter", "names"),
    [
        (["=", "id", 1], [1]),
        (["|", ["=", "id", 1], ["==", "id", 2]], [1, 2]),
        (["|", ["=", "id", 1], [">", "id", 2]], None),
        (["&", ["=", "id", 1]], None),
        (["=", "name", "x"], None),
        (None, None),
    ],
)
def test_filters_on_exact_names_are_recognised(qfilter: Any, names: Any) -> None:
    assert names_only(qfilter, "id") == names


def test_one_of_many_values_is_the_same_as_each_of_them() -> None:
    assert _matches(["|", ["=", "id", 4], ["==", "id", 5]])
    assert not _matches(["|", ["=", "id", 4], ["=", "id", 6]])
    with pytest.raises(Incomparable):
        _matches(["|", ["=", "id", "4"], ["=", "id", "5"]])
    with pytest.raises(Incomparable):
        _matches(["|", ["=", "nosuch", 4], ["=", "nosuch", 5]])
