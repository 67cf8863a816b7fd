"""Makes what Ganeti says of a job fit to travel: no NUL, no megabytes.

PostgreSQL refuses NUL in text and JSON, so one such character in an OS script's last words
would keep a consumer from ever taking the news in; a megabyte of output would bury it.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson

LONGEST_TEXT: Final = 4096
LARGEST_RESULT: Final = 65536  # bytes of JSON; what our own jobs answer has a few hundred
DEEPEST: Final = 20


def clean(text: str) -> str:
    """Return the text without NUL, and not longer than anybody would read."""
    plain = text.replace("\0", "") if "\0" in text else text
    return plain if len(plain) <= LONGEST_TEXT else plain[:LONGEST_TEXT] + "…"


def fit(results: Sequence[Any]) -> list[Any]:
    """Return what the opcodes of a job came to; nothing, where that is too much to tell.

    Args:
        results: ``opresult``, one per opcode.
    """
    cleaned = [_clean(each, 0) for each in results]
    return cleaned if len(orjson.dumps(cleaned)) <= LARGEST_RESULT else []


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if depth >= DEEPEST:
        return None
    if isinstance(value, list | tuple):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {str(key).replace("\0", ""): _clean(each, depth + 1) for key, each in value.items()}
    return value
