"""Walks every route of a service with hostile bodies, queries and paths, and listens."""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from tests.integration.hostile import corpus
from tests.integration.hostile.samples import Shape
from tests.integration.hostile.target import ANY, WRITING, Route, Said, Target, every

Pointer = tuple[str | int, ...]
CHUNK: Final = 25  # refusals after which is looked whether anything changed
ROUNDS: Final = 5
QUERY_KEYS: Final = ("limit", "marker", "sort_key", "sort_dir", "sort", "offset", "id", "name")


@dataclass(slots=True)
class Learned:
    """A route, and what it takes as a body."""

    route: Route
    path: str
    body: Any = None
    shapes: list[tuple[Pointer, Shape]] = field(default_factory=list)
    who: str = ""
    queries: set[str] = field(default_factory=set)
    said: Said | None = None  # to the body as it is


@dataclass(slots=True)
class Findings:
    """What is wrong with a service."""

    wrong: list[str] = field(default_factory=list)
    asked: int = 0

    def note(self, target: Target, what: str, said: Said, why: str) -> None:
        """Note that an answer is wrong."""
        self.wrong.append(f"{target.name}: {what[:300]} -> {said.status} {said.raw[:300]!r}: {why}")


async def learn(target: Target, route: Route, body: Any = None) -> Learned:
    """Find out what a route takes, by asking it as somebody who may."""
    learned = Learned(route, route.at(target.values_for(route)), body)
    for who in (target.owner, target.admin, target.service):
        learned.who = who
        await _grow(target, learned)
        if learned.said is not None and learned.said.status not in {401, 403}:
            break
    return learned


async def _grow(target: Target, learned: Learned) -> None:
    given = learned.body is not None
    writes = learned.route.method in WRITING
    body = copy.deepcopy(learned.body) if given else ({} if writes else None)
    learned.shapes.clear()
    for _ in range(ROUNDS if writes else 1):
        content = orjson.dumps(body) if writes else None
        learned.said = await target.ask(learned.route.method, learned.path, learned.who, content)
        learned.queries |= target.notes.queries
        before = copy.deepcopy(body)
        for shape, payload in list(target.notes.shapes):
            pointer = _find(body, payload)
            if pointer is None or (pointer, shape) in learned.shapes:
                continue
            learned.shapes.append((pointer, shape))
            body = _put(
                body, pointer, _merged(shape.draw(target.names, learned.route.method), payload)
            )
        if body == before:
            break
    learned.body = body


def mutations(learned: Learned, dice: random.Random) -> Iterator[tuple[str, bytes, bool]]:
    """Yield bodies with something hostile in them: what it is, the body, whether none is legal."""
    body = learned.body
    for pointer in _fields(learned):
        for value in corpus.pick(dice, corpus.VALUES, corpus.VALUES[:1]):
            changed = _put(copy.deepcopy(body), pointer, value.value)
            yield f"{pointer} = {value.name}", to_json(changed), value.refused
    for pointer, shape in learned.shapes:
        if shape.closed and isinstance(_get(body, pointer), dict):
            changed = _put(copy.deepcopy(body), (*pointer, "no_such_member"), "x")
            yield f"{pointer} + no_such_member", to_json(changed), True
    for raw in corpus.pick(dice, corpus.BODIES):
        yield f"body {raw[:40]!r}", raw, False
    if isinstance(body, dict) and body:
        whole = to_json(body)
        yield "every member twice", b"{" + whole[1:-1] + b"," + whole[1:-1] + b"}", False


def _fields(learned: Learned) -> list[Pointer]:
    """Return where something hostile may be put: every part of the body, and what may be there."""
    found = dict.fromkeys(pointer for pointer in _pointers(learned.body) if pointer)
    for pointer, shape in learned.shapes:
        if isinstance(_get(learned.body, pointer), dict):
            found |= dict.fromkeys((*pointer, name) for name in shape.fields)
    return list(found)


async def walk(target: Target, findings: Findings) -> None:
    """Send hostile requests to every route."""
    dice = random.Random(f"{corpus.SEED}{target.name}")
    await target.renew()
    for route in every(target.routes):
        for parameter, key in target.keys_for(route).items():
            if not key:
                findings.wrong.append(f"{target.name}: nothing of A's is {parameter} of {route}")
        for body in target.bodies.get(route) or [None]:
            learned = await learn(target, route, body)
            if route.method in WRITING:
                known = bool(learned.shapes) or body is not None or _reads_nothing(target, route)
                if not known:
                    findings.wrong.append(f"{target.name}: what {route} takes is not known")
            if route.method != "GET" and learned.said and learned.said.status < 400:
                learned.body = await target.renew(learned.body)
                learned.path = route.at(target.values_for(route))
            await _try(target, learned, dice, findings)


def _reads_nothing(target: Target, route: Route) -> bool:
    refuses_all = replace(route, method=ANY) in target.routes
    return refuses_all or target.bodies.get(route) == []


async def _try(target: Target, learned: Learned, dice: random.Random, findings: Findings) -> None:
    cases = [*_bodies(learned, dice), *_queries(learned, dice), *_paths(target, learned, dice)]
    before, refused = await target.digest(), list[str]()
    changed = False
    for what, path, content, never in cases:
        method = learned.route.method
        said = await target.ask(method, path, learned.who, content)
        findings.asked += 1
        label = f"{method} {path} {what}"
        _judge(target, findings, label, said, never)
        if said.status < 400:
            if method == "GET":
                continue
            changed = True
            if target.tidy is not None:  # what was taken is given back at once
                await target.renew()
            before, refused = await target.digest(), []
            if method == "DELETE":
                break
            continue
        refused.append(label)
        if len(refused) >= CHUNK:
            before, refused = await _unchanged(target, before, refused, findings), []
    await _unchanged(target, before, refused, findings)
    if changed:
        await target.renew()


async def _unchanged(
    target: Target, before: dict[str, str], refused: list[str], findings: Findings
) -> dict[str, str]:
    now = await target.digest() if refused else before
    if now != before:
        which = [name for name in now if now[name] != before[name]]
        findings.wrong.append(f"{target.name}: one of {refused} was refused and changed {which}")
    return now


def _judge(target: Target, findings: Findings, what: str, said: Said, never: bool) -> None:
    if said.status >= 500 and said.status != 501:
        findings.note(target, what, said, "never 5xx")
    elif said.status >= 400 and not is_fault(target.family, said):
        findings.note(target, what, said, f"no fault body of {target.family}")
    elif said.status < 400 and never:
        findings.note(target, what, said, "nothing takes that")


def is_fault(family: str, said: Said) -> bool:
    """Whether a refusal is worded as its family words refusals."""
    if said.status == 401:
        return True
    try:
        body = said.body
        match family:
            case "glance":
                return body["code"].startswith(str(said.status)) and bool(body["title"])
            case "neutron":
                ((_, inner),) = body.items()
                return {*inner} == {"type", "message", "detail"}
            case _:
                ((_, inner),) = body.items()
                return inner["code"] == said.status and isinstance(inner["message"], str)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _bodies(learned: Learned, dice: random.Random) -> Iterator[tuple[str, str, bytes, bool]]:
    if learned.route.method in WRITING:
        for what, content, never in mutations(learned, dice):
            yield what, learned.path, content, never


def _queries(learned: Learned, dice: random.Random) -> Iterator[tuple[str, str, None, bool]]:
    if learned.route.method != "GET":
        return
    keys = sorted({*learned.queries, *QUERY_KEYS, *_members(learned.said)})
    for key in keys:
        for value in corpus.pick(dice, corpus.QUERIES, corpus.QUERIES[:1]):
            yield f"?{key}", f"{learned.path}?{key}={value}", None, False
            if dice.random() < 0.1:
                yield f"?{key} twice", f"{learned.path}?{key}={value}&{key}=x", None, False


def _paths(
    target: Target, learned: Learned, dice: random.Random
) -> Iterator[tuple[str, str, bytes | None, bool]]:
    values = target.values_for(learned.route)
    content = to_json(learned.body) if learned.route.method in WRITING else None
    for parameter in learned.route.parameters:
        for part in corpus.pick(dice, corpus.PARTS, corpus.PARTS[:1]):
            path = learned.route.at(values | {parameter: part})
            yield f"path {parameter}", path, content, False


def _members(said: Said | None) -> set[str]:
    """Return the names of what a list shows of its things: they may be filters."""
    if said is None or said.status != 200:
        return set()
    try:
        listed = next(value for value in said.body.values() if isinstance(value, list) and value)
        return set(listed[0])
    except (ValueError, AttributeError, StopIteration, TypeError):
        return set()


def to_json(body: Any) -> bytes:
    """Return JSON, also of numbers that orjson does not write."""
    try:
        return orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(body).encode()


def _merged(sample: Any, payload: Any) -> Any:
    both = isinstance(sample, dict) and isinstance(payload, dict)
    return sample | payload if both else (payload or sample)


def _find(body: Any, payload: Any, at: Pointer = ()) -> Pointer | None:
    if body == payload:
        return at
    inner = body.items() if isinstance(body, dict) else ()
    if isinstance(body, list):
        inner = enumerate(body)  # type: ignore[assignment]
    for key, value in inner:
        found = _find(value, payload, (*at, key))
        if found is not None:
            return found
    return None


def _get(body: Any, pointer: Pointer) -> Any:
    for step in pointer:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def _put(body: Any, pointer: Pointer, value: Any) -> Any:
    if not pointer:
        return value
    holder = _get(body, pointer[:-1])
    if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(pointer[-1], int)):
        holder[pointer[-1]] = value  # type: ignore[index]
    return body


def _pointers(body: Any, at: Pointer = ()) -> Iterator[Pointer]:
    yield at
    inner = body.items() if isinstance(body, dict) else ()
    if isinstance(body, list):
        inner = enumerate(body)  # type: ignore[assignment]
    for key, value in inner:
        yield from _pointers(value, (*at, key))
