"""JSON for answers, quickly."""

import json
from typing import Any

import orjson


def as_json(value: Any) -> bytes:
    """The value as JSON; what the quick way refuses (huge numbers, say) goes the slow one."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
