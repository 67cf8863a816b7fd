"""Comparing an answer with an expectation that has placeholders."""

import re
from collections.abc import Callable
from typing import Any

_PARTS = {
    "<uuid>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<mac>": r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
    "<text>": r"[\s\S]*",
}
_SPLIT = re.compile("|".join(_PARTS))


def _is_number(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)


def _is_stamp(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(_is_number(n) for n in found)


_WHOLE: dict[str, Callable[[Any], bool]] = {
    "<any>": lambda _: True,
    "<number>": _is_number,
    "<stamp>": _is_stamp,
}


def difference(expected: Any, found: Any, where: str = "$") -> str | None:
    """Where and how `found` differs from `expected`; None when it does not."""
    if isinstance(expected, dict) and set(expected) == {"<has>"}:
        return _missing(expected["<has>"], found, where)
    if isinstance(expected, dict):
        return _in_dict(expected, found, where)
    if isinstance(expected, list):
        return _in_list(expected, found, where)
    if isinstance(expected, str) and expected in _WHOLE:
        same = _WHOLE[expected](found)
    elif isinstance(expected, str) and isinstance(found, str):
        same = _text_matches(expected, found)
    else:
        same = type(expected) is type(found) and expected == found
    return None if same else f"{where}: expected {expected!r}, found {found!r}"


def _text_matches(expected: str, found: str) -> bool:
    literal = [re.escape(part) for part in _SPLIT.split(expected)]
    holes = [_PARTS[name] for name in _SPLIT.findall(expected)]
    pattern = literal[0] + "".join(h + t for h, t in zip(holes, literal[1:], strict=True))
    return re.fullmatch(pattern, found) is not None


def _missing(wanted: list[Any], found: Any, where: str) -> str | None:
    if not isinstance(found, list):
        return f"{where}: expected a list, found {found!r}"
    for item in wanted:
        if all(difference(item, other) is not None for other in found):
            return f"{where}: nothing like {item!r} among {found!r}"
    return None


def _in_dict(expected: dict[str, Any], found: Any, where: str) -> str | None:
    if not isinstance(found, dict):
        return f"{where}: expected an object, found {found!r}"
    if set(expected) != set(found):
        missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
        return f"{where}: missing {missing}, unexpected {extra}"
    for name, value in expected.items():
        if (wrong := difference(value, found[name], f"{where}.{name}")) is not None:
            return wrong
    return None


def _in_list(expected: list[Any], found: Any, where: str) -> str | None:
    if not isinstance(found, list) or len(expected) != len(found):
        return f"{where}: expected {expected!r}, found {found!r}"
    for index, value in enumerate(expected):
        if (wrong := difference(value, found[index], f"{where}[{index}]")) is not None:
            return wrong
    return None
