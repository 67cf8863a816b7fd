"""JSON for columns: quick, and for what the quick way does not know, right."""

import json
from typing import Any

import orjson


def dumps(value: Any) -> str:
    """Return the value as JSON text."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # integers beyond 64 bits, keys that are not text, lone surrogates
        return json.dumps(value)


def loads(text: bytes | str) -> Any:
    """Return the value of JSON text."""
    return orjson.loads(text)
