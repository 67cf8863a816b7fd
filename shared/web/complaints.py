"""Words what is wrong with a body the way upstream's schema checks do."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

LONGEST: Final = 200  # of a value shown back: an answer is no mirror for megabytes
SECRETS: Final = ("pass", "secret", "user_data", "token", "key")


def complaint(invalid: ValidationError) -> str:
    """Return one sentence about the first thing that is wrong."""
    first = invalid.errors(include_url=False, include_context=True)[0]
    kind = first["type"]
    if kind == "extra_forbidden":
        return f"Additional properties are not allowed ('{_last(first['loc'])}' was unexpected)"
    if kind == "missing":
        return f"'{_last(first['loc'])}' is a required property"
    where = ".".join(str(part) for part in first["loc"])
    if not where:
        return f"Invalid input for the request body. {_reason(first)}"
    shown = _shown(where, first["input"])
    return f"Invalid input for field/attribute {where}.{shown} {_reason(first)}"


def _last(path: Sequence[int | str]) -> str:
    return str(path[-1]) if path else "body"


def _reason(error: ErrorDetails) -> str:
    message = error["msg"]
    return message.removeprefix("Value error, ")


def _shown(where: str, value: Any) -> str:
    if any(secret in where.lower() for secret in SECRETS):
        return ""
    text = str(value)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}..."
    return f" Value: {text}."
