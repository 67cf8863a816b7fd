"""Snapshots, as clients see them at each version."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.volume.rig import OWN, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_FIRST = {
    "id", "name", "description", "volume_id", "status", "size", "metadata", "created_at",
    "updated_at",
}  # fmt: skip
MORE = {"os-extended-snapshot-attributes:progress", "os-extended-snapshot-attributes:project_id"}
CAME_LATER: list[tuple[str, set[str]]] = [
    ("3.0", set()),
    ("3.14", {"group_snapshot_id"}),
    ("3.41", {"group_snapshot_id", "user_id"}),
    ("3.65", {"group_snapshot_id", "user_id", "consumes_quota"}),
]


async def take(rig: Rig, at: str = "3.70", **fields: Any) -> Json:
    """Take a snapshot of a new volume."""
    await rig.know_cluster()
    volume = (await rig.make())["id"]
    body = {"snapshot": {"volume_id": volume, **fields}}
    answer = await rig.call("POST", "/snapshots", body, at=at)
    assert answer.status == 202, answer.raw
    await rig.settle()
    made: Json = answer.body["snapshot"]
    return made


@pytest.mark.parametrize(("at", "later"), CAME_LATER)
async def test_a_snapshot_has_the_keys_of_its_version_and_no_others(
    rig: Rig, at: str, later: set[str]
) -> None:
    made = await take(rig, at)
    assert set(made) == AT_FIRST | later
    shown = (await rig.get(f"/snapshots/{made['id']}", at=at))["snapshot"]
    assert set(shown) == AT_FIRST | later | MORE
    assert (await rig.get("/snapshots/detail", at=at))["snapshots"] == [shown]
    (brief,) = (await rig.get("/snapshots", at=at))["snapshots"]
    assert set(brief) == AT_FIRST
    assert shown["os-extended-snapshot-attributes:project_id"] == OWN


async def test_a_snapshot_is_named_and_described(rig: Rig) -> None:
    made = await take(rig, name="a", description="b", metadata={"k": "v"})
    assert (made["name"], made["description"], made["metadata"]) == ("a", "b", {"k": "v"})
    body = {"snapshot": {"name": "c", "description": None}}
    changed = await rig.call("PUT", f"/snapshots/{made['id']}", body)
    assert changed.status == 200
    assert (changed.body["snapshot"]["name"], changed.body["snapshot"]["description"]) == (
        "c",
        None,
    )
    empty = await rig.call("PUT", f"/snapshots/{made['id']}", {"snapshot": {}}, at="3.53")
    assert empty.status == 400


async def test_a_snapshot_of_no_volume_is_of_one_nobody_has(rig: Rig) -> None:
    answer = await rig.call("POST", "/snapshots", {"snapshot": {"volume_id": None}})
    assert answer.status == 404
    assert answer.body["itemNotFound"]["message"] == "Volume None could not be found."


async def test_metadata_comes_and_goes(rig: Rig) -> None:
    made = await take(rig, metadata={"a": "1"})
    path = f"/snapshots/{made['id']}/metadata"
    added = await rig.call("POST", path, {"metadata": {"b": "2"}})
    assert added.body == {"metadata": {"a": "1", "b": "2"}}
    assert await rig.get(f"{path}/b") == {"meta": {"b": "2"}}
    assert (await rig.call("PUT", f"{path}/b", {"meta": {"b": "3"}})).body == {"meta": {"b": "3"}}
    assert (await rig.call("DELETE", f"{path}/a")).status == 200
    assert (await rig.call("DELETE", f"{path}/a")).status == 404
    assert await rig.get(path) == {"metadata": {"b": "3"}}
    replaced = await rig.call("PUT", path, {"metadata": {"c": "4"}})
    assert replaced.body == {"metadata": {"c": "4"}}


async def test_lists_are_filtered_sorted_and_cut(rig: Rig) -> None:
    one, two = await take(rig, name="one", metadata={"k": "v"}), await take(rig, name="two")
    names = [
        ("?name=one", ["one"]),
        ("?status=available", ["two", "one"]),
        ("?status=error", []),
        (f"?volume_id={two['volume_id']}", ["two"]),
        ("?volume_id=nonsense", []),
        ("?metadata=%7B%22k%22:%22v%22%7D", ["one"]),
        ("?name~=w", ["two"]),
        ("?sort=name:asc", ["one", "two"]),
        ("?sort_key=created_at&sort_dir=asc", ["one", "two"]),
        ("?limit=1", ["two"]),
        ("?offset=1", ["one"]),
        (f"?marker={two['id']}", ["one"]),
        (f"?marker={one['id']}", []),
    ]
    for query, wanted in names:
        found = (await rig.get(f"/snapshots/detail{query}"))["snapshots"]
        assert [each["name"] for each in found] == wanted, query
    page = await rig.get("/snapshots?limit=1&with_count=True")
    assert (page["count"], page["snapshots_links"][0]["rel"]) == (2, "next")
    assert (await rig.call("GET", f"/snapshots?marker={uuid4()}")).status == 404
    for bad in ("limit=x", "limit=-1", "sort_key=odd", "sort=name:odd"):
        assert (await rig.call("GET", f"/snapshots?{bad}")).status == 400, bad


async def test_a_list_is_one_statement(rig: Rig) -> None:
    await take(rig)
    for path in ("/snapshots", "/snapshots/detail", "/attachments", "/messages"):
        assert await rig.reads_of(path) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/metadata"), ("GET", "/metadata/k")],
)
async def test_what_is_not_yours_is_not_there(rig: Rig, method: str, path: str) -> None:
    made = await take(rig)
    body = {"snapshot": {"name": "x"}} if method == "PUT" else None
    answers = [
        await rig.call(method, f"/snapshots/{ident}{path}", body, who="other")
        for ident in (made["id"], str(uuid4()), "nonsense")
    ]
    assert {(answer.status, *answer.body) for answer in answers} == {(404, "itemNotFound")}


async def test_administrators_write_down_what_is_so(rig: Rig) -> None:
    made = await take(rig)
    path = f"/snapshots/{made['id']}/action"
    reset = {"os-reset_status": {"status": "creating"}}
    assert (await rig.call("POST", path, reset)).status == 403
    assert (await rig.call("POST", path, reset, who="admin")).status == 202
    update = {"os-update_snapshot_status": {"status": "error", "progress": "80%"}}
    assert (await rig.call("POST", path, update, who="admin")).status == 202
    shown = (await rig.get(f"/snapshots/{made['id']}"))["snapshot"]
    assert (shown["status"], shown["os-extended-snapshot-attributes:progress"]) == (
        "error",
        "80%",
    )
    assert (await rig.call("POST", path, update, who="admin")).status == 400
    odd = {"os-reset_status": {"status": "odd"}}
    assert (await rig.call("POST", path, odd, who="admin")).status == 400


@pytest.mark.parametrize("status", ["creating", "deleting", "error", "error_deleting"])
async def test_force_deletes_whatever_the_status(rig: Rig, status: str) -> None:
    made = await take(rig)
    path = f"/snapshots/{made['id']}"
    reset = {"os-reset_status": {"status": status}}
    await rig.call("POST", f"{path}/action", reset, who="admin")
    assert (await rig.call("DELETE", path)).status == (202 if status == "error" else 400)
    forced = await rig.call("POST", f"{path}/action", {"os-force_delete": {}}, who="admin")
    assert forced.status == 202
    await rig.settle()
    assert (await rig.call("GET", path)).status == 404


async def test_snapshots_go_with_a_volume_that_changes_hands(rig: Rig) -> None:
    made = await take(rig)
    body = {"transfer": {"volume_id": made["volume_id"]}}
    offer = (await rig.call("POST", "/volume-transfers", body, at="3.55")).body["transfer"]
    key = {"accept": {"auth_key": offer["auth_key"]}}
    path = f"/volume-transfers/{offer['id']}/accept"
    assert (await rig.call("POST", path, key, who="other", at="3.55")).status == 202
    assert (await rig.call("GET", f"/snapshots/{made['id']}")).status == 404
    (theirs,) = (await rig.get("/snapshots", "other"))["snapshots"]
    assert theirs["id"] == made["id"]


async def test_types_may_say_that_their_volumes_have_none(rig: Rig) -> None:
    await rig.know_cluster()
    specs = {"snapshot_support": "<is> False", "clone_support": "<is> False"}
    await rig.make_type("plain", extra_specs=specs)
    image = rig.world.images.have(b"content")["id"]
    made = await rig.made(volume_type="plain", imageRef=image)
    body: Json = {"snapshot": {"volume_id": made["id"]}}
    refused = await rig.call("POST", "/snapshots", body, at="3.70")
    assert (refused.status, "not supported by volume type plain" in refused.fault) == (400, True)
    copy: Json = {"volume": {"source_volid": made["id"], "size": 1}}
    refused = await rig.call("POST", "/volumes", copy, at="3.70")
    assert (refused.status, "cannot be cloned" in refused.fault) == (400, True)
    uploaded = await rig.act(made["id"], "os-volume_upload_image", {"image_name": "i"}, at="3.70")
    assert uploaded.status == 202
