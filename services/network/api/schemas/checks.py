"""Checks of single attributes, with Neutron's own words for what is wrong.

A check takes what the client sent and returns what is meant; it raises ``Unfit`` with the
reason, which the caller puts after "Invalid input for …. Reason: ".
"""

import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final
from uuid import UUID

Check = Callable[[Any], Any]


class Unfit(Exception):
    """A value that an attribute cannot have; its text is the reason."""


MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
DNS_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
LONGEST: Final = 255
MOST_ITEMS: Final = 1000
LARGEST: Final = 2**31 - 1  # of a PostgreSQL integer
TRUE: Final = frozenset({"true", "1"})
FALSE: Final = frozenset({"false", "0"})


def text(longest: int = LONGEST) -> Check:
    """Take strings up to a length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit(f"'{value}' is not a valid string")
        if len(value) > longest:
            raise Unfit(f"'{value}' exceeds maximum length of {longest}")
        return value

    return check


def boolean(value: Any) -> bool:
    """Take booleans, also as clients write them in text."""
    if isinstance(value, bool):
        return value
    written = str(value).lower() if isinstance(value, str | int) else ""
    if written in TRUE:
        return True
    if written in FALSE:
        return False
    raise Unfit(f"'{value}' cannot be converted to boolean")


def integer(low: int = 0, high: int = LARGEST) -> Check:
    """Take integers of a range, also as text."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise Unfit(f"'{value}' is not an integer")
        try:
            number = int(value)
        except ValueError:
            raise Unfit(f"'{value}' is not an integer") from None
        if number < low:
            raise Unfit(f"'{number}' is too small - must be at least '{low}'")
        if number > high:
            raise Unfit(f"'{number}' is too large - must be no larger than '{high}'")
        return number

    return check


def one_of(*allowed: Any) -> Check:
    """Take one of a few values."""

    def check(value: Any) -> Any:
        for each in allowed:
            if value == each and isinstance(value, bool) is isinstance(each, bool):
                return each
        raise Unfit(f"'{value}' is not in {list(allowed)}")

    return check


def or_none(check: Check) -> Check:
    """Take null, or what the check takes."""
    return lambda value: None if value is None else check(value)


def uuid(value: Any) -> UUID:
    """Take UUIDs."""
    try:
        if isinstance(value, str) and len(value) in {32, 36}:
            return UUID(value)
    except ValueError:
        pass
    raise Unfit(f"'{value}' is not a valid UUID")


def mac(value: Any) -> str:
    """Take MAC addresses of single stations."""
    written = value.lower().replace("-", ":") if isinstance(value, str) else ""
    if not MAC.fullmatch(written) or written == "00:00:00:00:00:00" or int(written[1], 16) & 1:
        raise Unfit(f"'{value}' is not a valid MAC address")
    return written


def ip(value: Any) -> str:
    """Take IP addresses, and return them as everybody writes them."""
    try:
        if isinstance(value, str) and "%" not in value:
            return str(ip_address(value))
    except ValueError:
        pass
    raise Unfit(f"'{value}' is not a valid IP address")


def cidr(value: Any) -> str:
    """Take ranges of addresses that are written by their first address."""
    try:
        if not isinstance(value, str) or "/" not in value:
            raise Unfit(f"'{value}' is not a valid IP subnet")
        found = ip_network(value, strict=False)
        written = ip_address(value.partition("/")[0])
    except ValueError:
        raise Unfit(f"'{value}' is not a valid IP subnet") from None
    if written != found.network_address:
        raise Unfit(f"'{value}' isn't a recognized IP subnet cidr, '{found}' is recommended")
    return str(found)


def ip_or_cidr(value: Any) -> str:
    """Take addresses, or ranges of them with whatever host bits."""
    try:
        if isinstance(value, str) and "%" not in value:
            ip_network(value, strict=False)
            return value
    except ValueError:
        pass
    raise Unfit(f"'{value}' is not a valid IP address or IP subnet")


def list_of(check: Check, *, unique: bool = True, most: int = MOST_ITEMS) -> Check:
    """Take lists of what the check takes; null is the empty one."""

    def check_all(value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            raise Unfit(f"'{value}' is not a list")
        if len(value) > most:
            raise Unfit(f"'{len(value)}' items exceed the maximum of {most}")
        items = tuple(check(each) for each in value)
        if unique and _has_twins(items):
            raise Unfit(f"Duplicate items in the list: '{value}'")
        return items

    return check_all


def _has_twins(items: Sequence[Any]) -> bool:
    return len({repr(each) for each in items}) != len(items)


def object_of(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """Take objects with these keys, and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unfit(f"'{value}' is not a dictionary")
        _check_keys(value, required, known)
        return {key: known[key](each) for key, each in value.items()}

    return check


def _check_keys(value: dict[str, Any], required: Collection[str], known: Collection[str]) -> None:
    if unknown := sorted(value.keys() - set(known)):
        raise Unfit(f"Invalid data format: unexpected key(s) {unknown}")
    if missing := sorted(set(required) - value.keys()):
        raise Unfit(f"Invalid data format: missing key(s) {missing}")


def any_object(value: Any) -> dict[str, Any]:
    """Take any object; null is the empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unfit(f"'{value}' is not a dictionary")
    return value


def dns_label(value: Any) -> str:
    """Take the first word of a host's name, or nothing."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not DNS_LABEL.fullmatch(value):
        raise Unfit(f"'{value}' not a valid PQDN or FQDN. Reason: must be one DNS label")
    return value


def dns_domain(value: Any) -> str:
    """Take a domain, written with the dot at its end, or nothing."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or not value.endswith("."):
        raise Unfit(f"'{value}' is not a FQDN")
    if not all(DNS_LABEL.fullmatch(label) for label in value[:-1].split(".")):
        raise Unfit(f"'{value}' not a valid PQDN or FQDN. Reason: bad label")
    return value


def null_only(value: Any) -> None:
    """Take nothing but null: what stands behind the attribute is not there."""
    if value is not None:
        raise Unfit(f"'{value}' is not supported")
