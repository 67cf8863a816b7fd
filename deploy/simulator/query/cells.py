"""Cells of the query API: a status and a value."""

from typing import Any

Cell = tuple[int, Any]

UNKNOWN: Cell = (1, None)  # there is no such field
NO_DATA: Cell = (2, None)  # the node did not answer
UNAVAILABLE: Cell = (3, None)  # this object has no such value
OFFLINE: Cell = (4, None)  # the node is marked offline


def normal(value: Any) -> Cell:
    """A value that is there."""
    return (0, value)


def at(values: list[Any], index: str) -> Cell:
    """The element of an indexed field like `nic.ip/1`."""
    position = int(index)
    if position >= len(values) or values[position] is None:
        return UNAVAILABLE
    return normal(values[position])
