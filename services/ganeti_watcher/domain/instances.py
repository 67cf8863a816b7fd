"""Whether what the state channel shows of an instance is news."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson

GONE: Final = b""  # digest of an instance that is not there


def digest(cells: Sequence[tuple[int, Any]]) -> bytes:
    """Return what two rows of the same state have in common.

    Args:
        cells: ``[status, value]`` per field; as they came, since all instances of all clusters
            are compared twice a minute, and nearly all are as they were.
    """
    return hashlib.blake2b(orjson.dumps(cells), digest_size=16).digest()


def name_of(cells: Sequence[tuple[int, Any]]) -> str:
    """Return the name in a row."""
    return str(cells[0][1])


def in_trouble(cells: Sequence[tuple[int, Any]]) -> bool:
    """Whether the row shows a state that Ganeti itself may be about to repair."""
    return str(cells[2][1] or "").startswith("ERROR_")
