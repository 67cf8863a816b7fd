"""Query filters: read once, then asked of every object."""

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from deploy.simulator.query.cells import Cell

Get = Callable[[str], Cell]
Test = Callable[[Get], bool]


class Unreadable(Exception):
    """luxid cannot read the filter: RAPI answers 502."""


class Incomparable(Exception):
    """The filter does not fit the data: RAPI answers 500."""


def read(raw: Any, fields: set[str], known: Callable[[str], bool]) -> Test:
    """A test for objects; the names of fields it looks at are added to `fields`."""
    if raw is None:
        return everything
    if not isinstance(raw, list) or not raw or not isinstance(raw[0], str):
        shown = json.dumps(raw)
        raise Unreadable(f"Cannot deserialise filter: expected array [string, args], got {shown}")
    operator, args = raw[0], raw[1:]
    if operator in {"|", "&"}:
        parts = [read(part, fields, known) for part in args]
        join = any if operator == "|" else all

        def each(get: Get) -> bool:
            return join(part(get) for part in parts)

        return _one_of(raw, known, each)
    if operator == "!":
        inner = read(args[0] if args else None, fields, known)
        return lambda get: not inner(get)
    if operator not in _OPERATORS:
        raise Unreadable(f"Unknown filter operand '{operator}'")
    return _leaf(operator, args, fields, known)


def _one_of(raw: list[Any], known: Callable[[str], bool], each: Test) -> Test:
    """The same test, quicker where it asks for one of many values of one field."""
    field = raw[1][1] if raw[0] == "|" and len(raw) > 2 and len(raw[1]) == 3 else None
    if not isinstance(field, str) or not known(field):
        return each
    values = names_only(raw, field)
    kinds = {type(value) for value in values or ()}
    if values is None or kinds not in ({str}, {int}):
        return each
    wanted, (kind,) = set(values), kinds

    def test(get: Get) -> bool:
        status, found = get(field)
        if status == 0 and type(found) is kind:
            return found in wanted
        return each(get)

    return test


def everything(_: Get) -> bool:
    """The test that lets all objects through."""
    return True


def check_list(fields: Any) -> None:
    """The fields must come as a list."""
    if not isinstance(fields, list):
        raise Unreadable("Unable to read list")


def _leaf(operator: str, args: list[Any], fields: set[str], known: Callable[[str], bool]) -> Test:
    if operator == "?":
        args = [*args, None] if len(args) == 1 else []
    if len(args) != 2:
        raise Unreadable(
            "Cannot deserialise field/value pair, expected [fieldname, value] "
            f"but got {json.dumps(args)}"
        )
    if not isinstance(args[0], str):
        raise Unreadable("Unable to read String")
    name = args[0]
    value = None if operator == "?" else _value(args[1])
    if operator == "=~":
        value = _regex(value)
    fields.add(name)
    compare = _OPERATORS[operator]

    def test(get: Get) -> bool:
        if not known(name):
            raise Incomparable(f"Can't find field named '{name}'")
        status, found = get(name)
        if status != 0:
            return True  # what cannot be known is not held against an object
        return found is not None and compare(found, value)

    return test


def _value(raw: Any) -> Any:
    if isinstance(raw, float):
        exact = Fraction(raw)
        if exact.denominator != 1:
            raise Unreadable(
                "Cannot deserialise numeric filter value, expecting integral but got "
                f"a fractional value: {exact.numerator} % {exact.denominator}"
            )
        return int(exact)
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        shown = json.dumps(raw)
        raise Unreadable(
            f"Cannot deserialise filter value, expecting string or integer, got {shown}"
        )
    return raw


def _ordered(check: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(found: Any, value: Any) -> bool:
        if isinstance(value, str) and isinstance(found, str):
            return check(found, value)
        if isinstance(value, int) and isinstance(found, (int, float)):
            if not isinstance(found, bool):
                return check(found, value)
        elif isinstance(value, int) and isinstance(found, (list, tuple)):
            return False
        kind = "QuotedString" if isinstance(value, str) else "NumericValue"
        raise Incomparable(
            "Invalid types in comparison, trying to compare "
            f"{json.dumps(found)} with '{kind} {json.dumps(value)}'"
        )

    return compare


def _holds(found: Any, _: Any) -> bool:
    if not isinstance(found, bool):
        raise Incomparable(f"Unexpected value '{json.dumps(found)}' in boolean context")
    return found


def _contains(found: Any, value: Any) -> bool:
    if not isinstance(found, (list, tuple)):
        shown = json.dumps(found)
        raise Incomparable(f"Cannot convert value '{shown}', error: Unable to read list")
    return value in found


def _regex(raw: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(raw))
    except re.error as error:
        raise Unreadable(f'({error.pos},"{error.msg}")') from None


def _matches(found: Any, value: Any) -> bool:
    if not isinstance(found, str):
        raise Incomparable(
            "Invalid field value used in regexp matching, expecting string but got "
            f"'{json.dumps(found)}'"
        )
    return value.search(found) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "?": _holds,
    "=": _ordered(lambda a, b: a == b),
    "==": _ordered(lambda a, b: a == b),
    "!=": _ordered(lambda a, b: a != b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "=~": _matches,
    "=[]": _contains,
}


def names_only(raw: Any, field: str) -> list[Any] | None:
    """The values when the filter is nothing but `field` = value, once or joined by `|`."""
    if not isinstance(raw, list) or not raw:
        return None
    if raw[0] in {"=", "=="} and len(raw) == 3 and raw[1] == field:
        return [raw[2]]
    if raw[0] != "|":
        return None
    parts = [names_only(part, field) for part in raw[1:]]
    if any(part is None for part in parts):
        return None
    return [value for part in parts if part is not None for value in part]


def exactly(raw: Any, field: str) -> set[Any] | None:
    """The values of `field` that a filter lets through, None when it says nothing about it."""
    if not isinstance(raw, list) or not raw:
        return None
    if raw[0] in {"=", "=="} and len(raw) == 3 and raw[1] == field:
        return {raw[2]} if isinstance(raw[2], (str, int)) else None
    if raw[0] not in {"|", "&"}:
        return None
    parts = [exactly(part, field) for part in raw[1:]]
    said = [part for part in parts if part is not None]
    if raw[0] == "&":
        return set.intersection(*said) if said else None
    return set[Any]().union(*said) if len(said) == len(parts) else None
