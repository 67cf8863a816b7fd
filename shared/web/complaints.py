"""Words what is wrong with a body the way upstream's checks do: users know the sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

LONGEST: Final = 200  # of a value shown back: an answer is no mirror for megabytes
SECRETS: Final = ("pass", "secret", "user_data", "token", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a family words the three ways a body can be wrong."""

    unexpected: str  # with {name}
    missing: str  # with {name}
    invalid: str  # with {where}, {value} and {reason}


UPSTREAM_SCHEMA: Final = Wording(
    unexpected="Additional properties are not allowed ('{name}' was unexpected)",
    missing="'{name}' is a required property",
    invalid="Invalid input for field/attribute {where}.{value} {reason}",
)
NEUTRON_ATTRIBUTES: Final = Wording(
    unexpected="Unrecognized attribute(s) '{name}'",
    missing="Failed to parse request. Required attribute '{name}' not specified",
    invalid="Invalid input for {where}. Reason: {reason}.",
)

# pydantic's kinds of errors -> what a JSON schema would have said; others keep pydantic's words.
TYPES: Final[Mapping[str, str]] = {
    "string_type": "string",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "float_parsing": "number",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "list_type": "array",
    "tuple_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
}
REASONS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "string_too_long": lambda value, _: f"{value} is too long",
    "too_long": lambda value, _: f"{value} is too long",
    "string_too_short": lambda value, _: f"{value} is too short",
    "too_short": lambda value, _: f"{value} is too short",
    "greater_than_equal": lambda value, rule: f"{value} is less than the minimum of {rule['ge']}",
    "less_than_equal": lambda value, rule: f"{value} is greater than the maximum of {rule['le']}",
    "string_pattern_mismatch": lambda value, rule: f"{value} does not match '{rule['pattern']}'",
    "literal_error": lambda value, rule: f"{value} is not one of [{rule['expected']}]",
    "enum": lambda value, rule: f"{value} is not one of [{rule['expected']}]",
    "uuid_parsing": lambda value, _: f"{value} is not a 'uuid'",
    "uuid_type": lambda value, _: f"{value} is not a 'uuid'",
}


def complaint(invalid: ValidationError, wording: Wording = UPSTREAM_SCHEMA) -> str:
    """Return one sentence about the first thing that is wrong."""
    first = invalid.errors(include_url=False)[0]
    path = [part for part in first["loc"] if not _is_made_up(part)]
    if first["type"] == "extra_forbidden":
        return wording.unexpected.format(name=_last(path))
    if first["type"] == "missing":
        return wording.missing.format(name=_last(path))
    where = ".".join(str(part) for part in path) or "body"
    secret = any(word in where.lower() for word in SECRETS)
    shown = "" if secret or not path else f" Value: {_short(str(first['input']))}."
    reason = _reason(first, "The value" if secret or not path else _short(repr(first["input"])))
    return wording.invalid.format(where=where, value=shown, reason=reason)


def _reason(error: ErrorDetails, value: str) -> str:
    kind = error["type"]
    if kind in TYPES:
        return f"{value} is not of type '{TYPES[kind]}'"
    if kind in REASONS:
        return REASONS[kind](value, error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ")


def _is_made_up(part: int | str) -> bool:
    """Whether pydantic, not the client, named this part of the path (a branch of a union)."""
    return isinstance(part, str) and any(mark in part for mark in "[(")


def _last(path: Sequence[int | str]) -> str:
    return _short(str(path[-1])) if path else "body"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
