"""Checks of opcode parameters against the types Ganeti declares for them."""

import ipaddress
from collections.abc import Callable
from typing import Any

from deploy.simulator.catalogue import COMMON, OPCODES
from deploy.simulator.model import Json

_STORAGE_TYPES = frozenset({"file", "lvm-vg", "lvm-pv", "sharedfile", "gluster", "diskless"})


class BadParameter(Exception):
    """A parameter the opcode does not have, or a value of the wrong type."""


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _parses(
    parse: Callable[[str], Any], refused: type[Exception] = ValueError
) -> Callable[[Any], bool]:
    """A bad netmask or host bits pass through as ValueError: RAPI answers them with 500."""

    def check(value: Any) -> bool:
        try:
            parse(value)
        except refused:
            return False
        return isinstance(value, str)

    return check


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "none": lambda v: v is None,
    "bool": lambda v: isinstance(v, bool),
    "int": _is_int,
    "float": lambda v: isinstance(v, float),
    "str": lambda v: isinstance(v, str),
    "nestr": lambda v: isinstance(v, str) and v != "",
    "nonneg": lambda v: _is_int(v) and v >= 0,
    "pos": lambda v: _is_int(v) and v > 0,
    "jobid": lambda v: _is_int(v) and v >= 0,
    "reljobid": lambda v: _is_int(v) and v < 0,
    "storagetype": lambda v: v in _STORAGE_TYPES,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "ipv4net": _parses(ipaddress.IPv4Network, ipaddress.AddressValueError),
    "ipv6net": _parses(ipaddress.IPv6Network, ipaddress.AddressValueError),
}


def _list(args: list[Any], value: Any) -> bool:
    return isinstance(value, list) and all(matches(args[0], v) for v in value)


def _dict(args: list[Any], value: Any) -> bool:
    return isinstance(value, dict) and all(
        matches(args[0], k) and matches(args[1], v) for k, v in value.items()
    )


def _items(args: list[Any], value: Any) -> bool:
    kinds = args[0]
    return (
        isinstance(value, list)
        and len(value) == len(kinds)
        and all(matches(k, v) for k, v in zip(kinds, value, strict=True))
    )


_COMPOUND: dict[str, Callable[[list[Any], Any], bool]] = {
    "or": lambda args, value: any(matches(kind, value) for kind in args),
    "and": lambda args, value: all(matches(kind, value) for kind in args),
    "oneof": lambda args, value: not isinstance(value, (bool, list, dict)) and value in args,
    "len": lambda args, value: isinstance(value, (list, dict, str)) and len(value) == args[0],
    "lt": lambda args, value: _is_int(value) and value < args[0],
    "list": _list,
    "dict": _dict,
    "items": _items,
}


def matches(kind: Any, value: Any) -> bool:
    """Whether `value` is of the declared type `kind`."""
    if isinstance(kind, str):
        return _SIMPLE[kind](value)
    return _COMPOUND[kind[0]](kind[1:], value)


def class_name(opcode: str) -> str:
    """`OP_INSTANCE_CREATE` -> `OpInstanceCreate`, as error messages call it."""
    return "".join(part.capitalize() for part in opcode.split("_"))


def fill(opcode: str, given: Json, defaults: Json) -> Json:
    """The complete input of an opcode: checked, with defaults, in Ganeti's order.

    Raises:
        BadParameter: with the text RAPI shows after "Invalid body parameters: ".
    """
    spec = OPCODES[opcode]
    known = {p.name: p for p in spec.parameters} | COMMON
    for name in given:
        if name not in known:
            raise BadParameter(
                f"Object {class_name(opcode)} doesn't support the parameter '{name}'"
            )
    values = {p.name: given.get(p.name, p.default) for p in known.values()}
    for name, parameter in known.items():
        if name not in given and name in defaults:
            values[name] = defaults[name]
        if not matches(parameter.kind, values[name]):
            text = f"Parameter '{opcode}.{name}' fails validation"
            raise BadParameter(str((text, "wrong_input")))
    head = {"dry_run": values["dry_run"]} if values["dry_run"] is not None else {}
    for name in ("priority", "depends", "comment", "reason"):
        head[name] = values[name]
    head["OP_ID"] = opcode
    rest = {p.name: values[p.name] for p in spec.parameters if values[p.name] is not None}
    return head | rest
