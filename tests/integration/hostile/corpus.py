"""What nobody should send: values that once broke something, somewhere."""

import json
import os
import random
from dataclasses import dataclass
from typing import Any, Final

SEED: Final = 20261122
EVERYTHING: Final = "CYCLADES_HOSTILE_ALL" in os.environ
A_FIELD: Final = 3  # values tried of each field, unless all are


@dataclass(frozen=True, slots=True)
class Value:
    """One hostile value."""

    name: str
    value: Any
    refused: bool = False  # whether no field there is takes it


DEEP: Final = json.loads("[" * 300 + "]" * 300)
LONG: Final = "x" * 10_000
REGEX_BOMB: Final = "(a+)+$" * 20 + "a" * 200 + "!"
SQL: Final = "'; DROP TABLE servers; SELECT pg_sleep(10); --"

VALUES: Final = (
    Value("NUL", "a\0b", refused=True),
    Value("ten thousand characters", LONG),
    Value("unicode", "☃\u202e🦄\ufffe" * 10),
    Value("lone high half", "\\ud800"),
    Value("right to left and zero width", "\u200f\u200b\u2066x"),
    Value("SQL", SQL),
    Value("regex bomb", REGEX_BOMB),
    Value("format string", "%s%n{0.__class__}${jndi:ldap://x}"),
    Value("path", "../../../etc/passwd"),
    Value("line breaks", "a\r\nSet-Cookie: b=c"),
    Value("empty", ""),
    Value("space", " "),
    Value("null", None),
    Value("true", True),
    Value("zero", 0),
    Value("minus one", -1),
    Value("2**31", 2**31),
    Value("2**63", 2**63),
    Value("2**64 - 1", 2**64 - 1),
    Value("-2**63", -(2**63)),
    Value("fraction", 1.5),
    Value("huge fraction", 1e308),
    Value("number in text", "9" * 400),
    Value("list", ["a"]),
    Value("empty list", []),
    Value("object", {"a": {"b": 1}}),
    Value("empty object", {}),
    Value("many", ["x"] * 2000),
    Value("deep", DEEP, refused=True),
)
TEXTS: Final = tuple(each for each in VALUES if isinstance(each.value, str))
# Bodies that are no object, or no JSON.
BODIES: Final = (
    b"", b"{", b"null", b"[]", b'"x"', b"1", b"{}", b"\xff\xfe", b'{"\\ud800": 1}', b"NaN",
    b'{"a": 1e999}', b"[" * 20_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"\\u0000": 1}',
    b"\xef\xbb\xbf{}", b"1" * 5000,
)  # fmt: skip
# Values of a query, as they travel.
QUERIES: Final = (
    "%00", "%ff%fe", "x" * 3000, "%E2%98%83", "%27%3B%20DROP%20TABLE%20x%3B--", "-1", "0",
    "1.5", "9" * 40, "9223372036854775808", "", "%20", "null", "true", "a%0d%0ab", "%25", "in:",
    "%5B%5D", "gt:x", "(a%2B)%2B%24", "2026-99-99T00:00:00", "..%2F..%2F", "%7B%7D", "*",
)  # fmt: skip
# Parts of a path, as they travel.
PARTS: Final = (
    "%00", "x", "x" * 2000, "%E2%98%83", "-1", "0", "%27%3B--", "..%2F..%2Fetc%2Fpasswd",
    "11111111-1111-1111-1111-111111111111", "{}", "9223372036854775808", "%ff", "%20", "null",
)  # fmt: skip


def pick(dice: random.Random, among: tuple[Any, ...], at_least: tuple[Any, ...] = ()) -> list[Any]:
    """Return some of the values, or all if everything is to be tried."""
    if EVERYTHING:
        return list(among)
    rest = [each for each in among if each not in at_least]
    return [*at_least, *dice.sample(rest, min(A_FIELD, len(rest)))]
