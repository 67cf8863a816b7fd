"""Turns oslo.policy's parsed checks into predicates that cost microseconds.

The language is upstream's: ``role:``, ``rule:``, ``and``, ``or``, ``not``, ``@``, ``!``,
``<attribute>:%(<target key>)s``, literals on either side, and Neutron's
``field:<resource>:<attribute>=<value>``. Checks that call a web server are refused.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from oslo_policy import _checks as oslo
from oslo_policy import _parser

from shared.identity.caller import Caller

Target = Mapping[str, Any]
Predicate = Callable[[Caller, Target], bool]

# What a rule may ask of a caller, by the names upstream uses.
ATTRIBUTES: Final[Mapping[str, Callable[[Caller], Any]]] = {
    "user_id": lambda caller: caller.user_id,
    "user_name": lambda caller: caller.user_name,
    "user_domain_id": lambda caller: caller.user_domain_id,
    "project_id": lambda caller: caller.project_id,
    "tenant_id": lambda caller: caller.project_id,
    "tenant": lambda caller: caller.project_id,
    "project_name": lambda caller: caller.project_name,
    "project_domain_id": lambda caller: caller.project_domain_id,
    "domain_id": lambda caller: caller.domain_id,
    "is_admin": lambda caller: caller.is_admin,
    "is_admin_project": lambda _caller: True,
    "system_scope": lambda caller: "all" if caller.system_scope else None,
    "roles": lambda caller: caller.roles,
    "service_roles": lambda caller: caller.service_roles,
}


def compile_rules(checks: Mapping[str, str]) -> dict[str, Predicate]:
    """Return a predicate for each rule.

    Raises:
        ValueError: a rule cannot be read, refers to nothing or to itself, or calls the net.
    """
    compiler = _Compiler(checks)
    return {name: compiler.rule(name) for name in checks}


class _Compiler:
    """Compiles rules that refer to each other; each only once."""

    def __init__(self, checks: Mapping[str, str]) -> None:
        self._checks = checks
        self._done: dict[str, Predicate] = {}
        self._open: list[str] = []

    def rule(self, name: str) -> Predicate:
        if name in self._done:
            return self._done[name]
        if name not in self._checks:
            raise ValueError(f"The policy refers to a rule that is not there: {name}")
        if name in self._open:
            raise ValueError(f"The policy rule {name} refers to itself")
        self._open.append(name)
        self._done[name] = self._compile(_parsed(name, self._checks[name]))
        self._open.pop()
        return self._done[name]

    def _compile(self, check: oslo.BaseCheck) -> Predicate:
        match check:
            case oslo.TrueCheck():
                return lambda _caller, _target: True
            case oslo.FalseCheck():
                return lambda _caller, _target: False
            case oslo.NotCheck(rule=inner):
                return _negation(self._compile(inner))
            case oslo.AndCheck(rules=inner):
                return _conjunction([self._compile(part) for part in inner])
            case oslo.OrCheck(rules=inner):
                return _disjunction([self._compile(part) for part in inner])
            case oslo.Check(kind="rule", match=name):
                return self.rule(name)
            case oslo.Check(kind=kind, match=match):
                return _leaf(kind, match)
            case _:
                raise ValueError(f"The policy check {check} is not understood")


def _parsed(name: str, text: str) -> oslo.BaseCheck:
    parsed: oslo.BaseCheck = _parser.parse_rule(text)
    # A rule it cannot read, oslo.policy reads as "never": better to say so at the start.
    if isinstance(parsed, oslo.FalseCheck) and text.strip() not in {"!", "(!)"}:
        raise ValueError(f"The policy rule {name} cannot be read: {text}")
    return parsed


def _negation(inner: Predicate) -> Predicate:
    return lambda caller, target: not inner(caller, target)


# Most have two parts; a generator would cost more than what it asks.
def _conjunction(parts: list[Predicate]) -> Predicate:
    if len(parts) == 2:
        left, right = parts
        return lambda caller, target: left(caller, target) and right(caller, target)
    return lambda caller, target: all(part(caller, target) for part in parts)


def _disjunction(parts: list[Predicate]) -> Predicate:
    if len(parts) == 2:
        left, right = parts
        return lambda caller, target: left(caller, target) or right(caller, target)
    return lambda caller, target: any(part(caller, target) for part in parts)


def _leaf(kind: str, match: str) -> Predicate:
    if kind in {"http", "https"}:
        raise ValueError(f"Policy checks over the net are not supported: {kind}:{match}")
    if kind == "role":
        return _role(match)
    if kind == "field":
        return _field(match)
    return _comparison(kind, match)


def _role(match: str) -> Predicate:
    if "%(" not in match:
        role = match.lower()
        return lambda caller, _target: role in caller.roles
    expected = _expected(match)

    def check(caller: Caller, target: Target) -> bool:
        role = expected(target)
        return role is not None and role.lower() in caller.roles

    return check


def _field(match: str) -> Predicate:
    """``networks:shared=True``: an attribute of the target itself."""
    _resource, _, comparison = match.partition(":")
    attribute, _, value = comparison.partition("=")
    return lambda _caller, target: attribute in target and str(target[attribute]) == value


def _comparison(kind: str, match: str) -> Predicate:
    expected = _expected(match)
    own = _own(kind)

    def check(caller: Caller, target: Target) -> bool:
        wanted, have = expected(target), own(caller)
        if wanted is None or have is None:
            return False
        if isinstance(have, frozenset):
            return wanted in have
        return str(have) == wanted

    return check


def _own(kind: str) -> Callable[[Caller], Any]:
    if kind in ATTRIBUTES:
        return ATTRIBUTES[kind]
    try:
        literal = ast.literal_eval(kind)
    except (ValueError, SyntaxError) as unknown:
        raise ValueError(f"The policy asks for an attribute nobody has: {kind}") from unknown
    return lambda _caller: literal


def _expected(match: str) -> Callable[[Target], str | None]:
    """Return what reads the right side of a check: ``%(project_id)s``, a text, or a mixture."""
    if match.startswith("%(") and match.endswith(")s") and match.count("%") == 1:
        key = match[2:-2]
        return lambda target: str(target[key]) if target.get(key) is not None else None
    if "%(" not in match:
        return lambda _target: match

    def substitute(target: Target) -> str | None:
        try:
            return match % target
        except KeyError:
            return None

    return substitute
