"""Whatever is sent: Cinder's words for what is wrong, nothing changed, never a 500."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.volume.rig import OWN, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = tuple[str, str, Any]  # method, path and body
DEEP = json.loads("[" * 400 + "]" * 400)
LONG = "x" * 10_000
# What no field takes, whatever it is for.
NEVER: list[Any] = ["a\0b", LONG, "☃" * 256, DEEP, ["a"], {"a": {"b": 1}}, 1.5, 2**70, -(2**70)]
WORDS: list[Any] = [*NEVER, 0, True]
NUMBERS: list[Any] = [
    *NEVER, 0, -1, 2**31, 2**63, "", "x", "-1", "1.5", "²", "9" * 400, True, "0x10", " 1",
]  # fmt: skip
ITEMS: list[Any] = [
    "x", 1, ["a"], {"": "v"}, {"k/": "v"}, {"☃": "v"}, {"k" * 256: "v"}, {"k": "v" * 256},
    {"k": None}, {"k": 1}, {"k": {}}, {"k": DEEP}, {"k": "\0"}, {"\0": "v"},
]  # fmt: skip
NAMES: list[Any] = [*WORDS, "", " ", None]

CREATE: dict[str, list[Any]] = {
    "size": NUMBERS, "name": WORDS, "description": WORDS, "volume_type": WORDS,
    "availability_zone": WORDS, "metadata": ITEMS, "snapshot_id": WORDS, "imageRef": WORDS,
    "source_volid": WORDS, "multiattach": [*NEVER, "maybe", 2, True], "odd": ["x"], "\0": ["x"],
    "display_name": WORDS, "backup_id": WORDS, "group_id": WORDS, "consistencygroup_id": WORDS,
}  # fmt: skip
CHANGE: dict[str, list[Any]] = {
    "name": WORDS, "description": WORDS, "display_name": WORDS, "metadata": [*ITEMS, None],
    "odd": [1],
}  # fmt: skip
ACTIONS: dict[str, dict[str, list[Any]]] = {
    "os-extend": {"new_size": [*NUMBERS, None], "odd": [1]},
    "os-set_bootable": {"bootable": [*NEVER, "maybe", None, 2], "odd": [1]},
    "os-retype": {"new_type": NAMES[:-2], "migration_policy": [*WORDS, "sometimes"]},
    "os-reset_status": {"status": [*WORDS, "", "odd"], "attach_status": [*WORDS, "attached"]},
    "os-set_image_metadata": {"metadata": [*ITEMS, None]},
    "os-unset_image_metadata": {"key": [*WORDS, "", "/", None]},
    "os-force_delete": {"odd": [1]},
}
TYPE: dict[str, list[Any]] = {
    "name": NAMES, "description": WORDS, "is_public": [*NEVER, "maybe", 2],
    "extra_specs": [each for each in ITEMS if each != {"k": None}], "odd": [1],
}  # fmt: skip


def shapeless() -> Iterator[Case]:
    """Yield bodies that fit nothing."""
    bodies: list[Any] = [None, [], "x", 1, {}, {"odd": {}}, {"volume": None}, {"volume": []}, DEEP]
    for body in bodies:
        for method, path in WRITES:
            yield method, path, body


def about_volumes() -> Iterator[Case]:
    """Yield what must be refused of a volume's own fields."""
    for method, path, fields in (("POST", "/volumes", CREATE), ("PUT", "/volumes/{id}", CHANGE)):
        base = {"size": 1} if method == "POST" else {}
        for key, values in fields.items():
            for value in values:
                yield method, path, {"volume": {**base, key: value}}


def about_metadata() -> Iterator[Case]:
    """Yield what must be refused as metadata."""
    for items in [*ITEMS, None]:
        yield "POST", "/volumes/{id}/metadata", {"metadata": items}
        yield "PUT", "/volumes/{id}/metadata", {"metadata": items}
        yield "PUT", "/volumes/{id}/metadata/k", {"meta": items}
    yield "PUT", "/volumes/{id}/metadata/k", {"meta": {"k": "v", "l": "w"}}


def about_actions() -> Iterator[Case]:
    """Yield what must be refused as arguments of actions."""
    for name, fields in ACTIONS.items():
        base = {"new_type": "native"} if name == "os-retype" else {}
        for key, values in fields.items():
            for value in values:
                yield "POST", "/volumes/{id}/action", {name: {**base, key: value}}


WRITES = [
    ("POST", "/volumes"), ("PUT", "/volumes/{id}"), ("POST", "/volumes/{id}/metadata"),
    ("PUT", "/volumes/{id}/metadata"), ("PUT", "/volumes/{id}/metadata/k"),
    ("POST", "/volumes/{id}/action"), ("POST", "/types"), ("PUT", "/types/{type}"),
    ("POST", "/types/{type}/action"), ("POST", "/types/{type}/extra_specs"),
    ("PUT", "/types/{type}/extra_specs/k"), ("PUT", f"/os-quota-sets/{OWN}"),
    ("PUT", "/os-quota-class-sets/default"),
]  # fmt: skip


def about_types() -> Iterator[Case]:
    """Yield what must be refused about types."""
    for key, values in TYPE.items():
        for value in values:
            yield "POST", "/types", {"volume_type": {"name": "t", key: value}}
            if key != "extra_specs" and value is not None:
                yield "PUT", "/types/{type}", {"volume_type": {key: value}}
    for items in [*ITEMS, {}, None]:
        yield "POST", "/types/{type}/extra_specs", {"extra_specs": items}
        yield "PUT", "/types/{type}/extra_specs/k", items
    for project in NAMES[:-2]:
        for verb in ("add", "remove"):
            body = {f"{verb}ProjectAccess": {"project": project}}
            yield "POST", "/types/{private}/action", body


async def setting(rig: Rig) -> Json:
    """Have a volume and types to send junk to."""
    private = await rig.make_type("private", is_public=False)
    kind = await rig.make_type("kind")
    made = await rig.make(name="name", metadata={"k": "v"})
    return {"id": made["id"], "type": kind["id"], "private": private["id"]}


@pytest.mark.parametrize(
    "cases", [shapeless, about_volumes, about_metadata, about_actions, about_types]
)
async def test_no_body_is_bad_enough(rig: Rig, cases: Callable[[], Iterator[Case]]) -> None:
    ids = await setting(rig)
    before = await rig.everything()
    wrong = []
    for method, path, body in cases():
        raw = b"null" if body is None else None
        answer = await rig.call(method, path.format(**ids), body, who="admin", at="3.70", raw=raw)
        if answer.status not in (400, 404, 413) or answer.fault == "":
            wrong.append((method, path, str(body)[:80], answer.status, answer.raw[:200]))
    assert wrong == []
    assert await rig.everything() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"\xff\xfe", b'{"volume":{"size":1}', b'{"volume":{"size":NaN}}',
        b'{"volume":{"size":1,"name":"\\ud800"}}', b'{"volume":{"size":1e400}}', b"[" * 100_000,
        b'{"volume":{"size":1,"name":"\x00"}}', b'{"volume":{"size":01}}', b"'", b"\x00" * 10,
        b'{"volume":' * 5000,
    ],
)  # fmt: skip
async def test_what_is_no_json_is_refused(rig: Rig, raw: bytes) -> None:
    ids = await setting(rig)
    before = await rig.everything()
    for method, path in WRITES:
        answer = await rig.call(method, path.format(**ids), who="admin", raw=raw)
        assert answer.status == 400, (method, path)
        assert list(answer.body) == ["badRequest"]
    assert await rig.everything() == before


async def test_of_a_key_said_twice_the_last_counts(rig: Rig) -> None:
    raw = b'{"volume":{"size":1,"size":2}}'
    assert (await rig.call("POST", "/volumes", raw=raw)).body["volume"]["size"] == 2
    raw = b'{"volume":{"size":2,"size":-2}}'
    assert (await rig.call("POST", "/volumes", raw=raw)).status == 400


@pytest.mark.parametrize("name", ["", "  ", "☃", "𝄞" * 255, "'; DROP TABLE volumes; --", "%s%n\\"])
async def test_odd_names_are_names(rig: Rig, name: str) -> None:
    made = await rig.make(name=name, description=name, metadata={"k": name})
    assert (made["name"], made["metadata"]) == (name.strip(), {"k": name})
    shown = await rig.show(made["id"])
    assert {key: shown[key] for key in made} == made
