"""Asks as a stranger for everything of A's, and as a member for everything of administrators.

What a stranger is answered about a thing of A's must be, byte for byte, what it is answered about
a thing that is not there: only then nobody can find out what others have.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from tests.integration.hostile.noting import Notes
from tests.integration.hostile.target import ANY, WRITING, Route, Said, Target, every
from tests.integration.hostile.walking import Findings, Learned, learn

MISSING: Final = "11111111-2222-3333-4444-555555555555"
ABOUT: Final = re.compile(r"id$|^marker$|uuid$|^id$")
HEADERS: Final = ("Content-Type", "X-Error-Code", "Allow", "Location")
ADMINS: Final = frozenset({"rule:context_is_admin", "rule:admin_api", "rule:admin_required"})


async def cross(target: Target, findings: Findings) -> None:
    """Ask every route as who may not: strangers about A's, A about what is administrators'."""
    await target.renew()
    for route in every(target.routes):
        for given in target.bodies.get(route) or [None]:
            learned = await learn(target, route, given)
            if route.method != "GET" and learned.said and learned.said.status < 400:
                learned.body = await target.renew(learned.body)
                learned.path = route.at(target.values_for(route))
            before = await target.digest()
            await _as_stranger(target, learned, findings)
            if learned.who != target.owner:
                await _as_member(target, learned, findings)
            if await target.digest() != before:
                findings.wrong.append(f"{target.name}: {route} changed something for who may not")
                await target.renew()


async def _as_stranger(target: Target, learned: Learned, findings: Findings) -> None:
    route = learned.route
    for what, known, unknown, body, other in _pairs(target, learned):
        a = await target.ask(route.method, known, target.stranger, body)
        b = await target.ask(route.method, unknown, target.stranger, other)
        findings.asked += 2
        label = f"{route.method} {known} {what} as a stranger"
        if _bare(target, a) != _bare(target, b):
            findings.note(target, label, a, f"differs from {b.status} {b.raw[:300]!r}")
        elif a.status < 400 and _is_private(target, route):
            findings.note(target, label, a, "a stranger may not")


async def _as_member(target: Target, learned: Learned, findings: Findings) -> None:
    route = learned.route
    content = _content(route, learned.body)
    said = await target.ask(route.method, learned.path, target.owner, content)
    findings.asked += 1
    if said.status not in {401, 403, 404}:
        findings.note(target, f"{route} as a member", said, "only others may")


def unguarded(notes: Notes) -> list[str]:
    """Return the rules for administrators alone that let somebody else pass."""
    wrong = []
    for policy, callers in notes.policies.items():
        for rule, check in policy._defaults.items():
            if check in ADMINS:
                others = [each for each in callers if not each.is_admin]
                wrong += [rule for each in others if policy.allows(each, rule)]
    return wrong


Pair = tuple[str, str, str, bytes | None, bytes | None]


def _pairs(target: Target, learned: Learned) -> Iterator[Pair]:
    """Yield requests about what is A's, and the same about what is not there."""
    route = learned.route
    body = _content(route, learned.body)
    if _is_private(target, route):
        values = target.values_for(route)
        hidden = {
            name: MISSING if key in target.private else values[name]
            for name, key in target.keys_for(route).items()
        }
        yield "path", learned.path, route.at(hidden), body, body
        return
    for secret in sorted(_secrets(target)):
        if body is not None and secret.encode() in body:
            other = body.replace(secret.encode(), MISSING.encode())
            yield f"body with {secret}", learned.path, learned.path, body, other
        if route.method == "GET":
            for key in sorted(learned.queries):
                if ABOUT.search(key):
                    known = f"{learned.path}?{key}={secret}"
                    yield f"?{key}", known, f"{learned.path}?{key}={MISSING}", None, None


def _is_private(target: Target, route: Route) -> bool:
    return any(key in target.private for key in target.keys_for(route).values())


def _secrets(target: Target) -> set[str]:
    """Return the ids of what only A knows of; names that are no ids are nobody's secret."""
    return {target.ids[key] for key in target.private if len(target.ids[key]) == len(MISSING)}


def _content(route: Route, body: Any) -> bytes | None:
    return orjson.dumps(body) if route.method in WRITING or route.method == ANY else None


def _bare(target: Target, said: Said) -> tuple[int, list[str | None], bytes]:
    """Return an answer without the ids that were asked for."""
    raw = said.raw
    for secret in {*(target.ids[key] for key in target.private), MISSING}:
        raw = raw.replace(secret.encode(), b"ID")
    headers = [said.headers.get(name) for name in HEADERS]
    return said.status, headers, raw
