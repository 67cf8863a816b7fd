"""Snapshots of whole groups: one of each volume, made, kept and dropped together."""

from uuid import uuid4

import pytest

from tests.contract.volume.grouping import drop, group, member, show, snapshot
from tests.integration.volume.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def taken(rig: Rig, volumes: int = 2) -> tuple[str, str]:
    """Have a group of volumes and a snapshot of it; return both ids."""
    await rig.know_cluster()
    ident = await group(rig)
    for _ in range(volumes):
        await member(rig, ident)
    answer = await snapshot(rig, ident)
    assert answer.status == 202, answer.raw
    return ident, answer.body["group_snapshot"]["id"]


async def shown(rig: Rig, ident: str, who: str = "demo", at: str = "3.70") -> Json:
    """Return a snapshot of a group."""
    found: Json = (await rig.get(f"/group_snapshots/{ident}", who, at))["group_snapshot"]
    return found


async def test_a_snapshot_of_a_group_is_one_of_each_volume(rig: Rig) -> None:
    group_id, ident = await taken(rig)
    assert (await shown(rig, ident))["status"] == "creating"
    await rig.settle()
    found = await shown(rig, ident)
    assert found == {
        "id": ident,
        "name": "now",
        "description": None,
        "group_id": group_id,
        "group_type_id": (await show(rig, group_id))["group_type"],
        "status": "available",
        "created_at": found["created_at"],
    }
    assert (await shown(rig, ident, "admin"))["project_id"] == "d" * 32
    each = (await rig.get(f"/snapshots/detail?group_snapshot_id={ident}"))["snapshots"]
    assert [one["group_snapshot_id"] for one in each] == [ident, ident]
    assert {one["status"] for one in each} == {"available"}
    assert (await rig.get(f"/snapshots?group_snapshot_id={uuid4()}"))["snapshots"] == []


async def test_they_go_together_and_only_together(rig: Rig) -> None:
    group_id, ident = await taken(rig)
    await rig.settle()
    (first, _second) = (await rig.get("/snapshots"))["snapshots"]
    alone = await rig.call("DELETE", f"/snapshots/{first['id']}")
    assert (alone.status, list(alone.body)) == (400, ["badRequest"])
    path = f"/group_snapshots/{ident}"
    assert (await rig.call("DELETE", path, at="3.14")).status == 202
    assert (await shown(rig, ident))["status"] == "deleting"
    assert (await rig.call("DELETE", path, at="3.14")).status == 400
    await rig.settle()
    assert (await rig.call("GET", path, at="3.14")).status == 404
    assert (await rig.get("/snapshots"))["snapshots"] == []
    assert (await drop(rig, group_id)).status == 202


async def test_one_that_fails_fails_the_whole(rig: Rig) -> None:
    await rig.know_cluster()
    rig.world.agent().refusing["PUT", "snapshots"] = (400, "No.")
    _group, ident = await taken(rig)
    await rig.settle()
    assert (await shown(rig, ident))["status"] == "error"
    rig.world.agent().refusing.clear()
    await rig.call("DELETE", f"/group_snapshots/{ident}", at="3.14")
    await rig.settle()
    assert (await rig.call("GET", f"/group_snapshots/{ident}", at="3.14")).status == 404


async def test_a_group_is_made_of_a_snapshot(rig: Rig) -> None:
    _group, ident = await taken(rig)
    source = {"group_snapshot_id": ident, "name": "again"}
    early = await rig.call("POST", "/groups/action", {"create-from-src": source}, at="3.14")
    assert early.status == 400
    await rig.settle()
    made = await rig.call("POST", "/groups/action", {"create-from-src": source}, at="3.14")
    assert made.status == 202
    await rig.settle()
    copy = await show(rig, made.body["group"]["id"])
    assert (copy["status"], copy["group_snapshot_id"]) == ("available", ident)
    volumes = (await rig.get(f"/volumes/detail?group_id={copy['id']}"))["volumes"]
    assert all(each["snapshot_id"] for each in volumes)
    assert len(volumes) == 2


async def test_empty_groups_and_volumes_without_snapshots_have_none(rig: Rig) -> None:
    await rig.know_cluster()
    assert (await snapshot(rig, await group(rig))).status == 400
    ident = await group(rig, volume_types=["native"])
    await rig.make(volume_type="native", group_id=ident)
    before = await rig.everything()
    refused = await snapshot(rig, ident)
    assert refused.status == 400
    assert await rig.everything() == before
    assert (await rig.get("/group_snapshots"))["group_snapshots"] == []


async def test_the_limits_hold_for_all_of_them(rig: Rig) -> None:
    await rig.know_cluster()
    ident = await group(rig)
    for _ in range(3):
        await member(rig, ident)
    await rig.limit(snapshots=2)
    assert (await snapshot(rig, ident)).status == 413
    assert (await rig.get("/snapshots"))["snapshots"] == []


async def test_they_are_named_listed_and_reset(rig: Rig) -> None:
    _group, ident = await taken(rig, 1)
    await rig.settle()
    path, body = f"/group_snapshots/{ident}", {"group_snapshot": {"name": "then"}}
    assert (await rig.call("PUT", path, body, at="3.14")).status == 202
    assert (await rig.get("/group_snapshots"))["group_snapshots"] == [{"id": ident, "name": "then"}]
    (whole,) = (await rig.get("/group_snapshots/detail?status=available"))["group_snapshots"]
    assert whole == await shown(rig, ident)
    assert (await rig.get("/group_snapshots?status=error"))["group_snapshots"] == []
    for status in ("creating", "error", "available"):
        reset = {"reset_status": {"status": status}}
        answer = await rig.call("POST", f"{path}/action", reset, who="admin", at="3.19")
        assert answer.status == 202
        assert (await shown(rig, ident))["status"] == status
    reset = {"reset_status": {"status": "error"}}
    assert (await rig.call("POST", f"{path}/action", reset, at="3.19")).status == 403
    assert (await rig.call("POST", f"{path}/action", {"delete": {}}, at="3.19")).status == 400


async def test_others_have_none(rig: Rig) -> None:
    _group, ident = await taken(rig, 1)
    for method, body in (("GET", None), ("PUT", {"group_snapshot": {}}), ("DELETE", None)):
        path = f"/group_snapshots/{ident}"
        answer = await rig.call(method, path, body, who="other", at="3.14")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])
    assert (await rig.call("GET", "/group_snapshots", at="3.13")).status == 404
    assert (await snapshot(rig, str(uuid4()))).status == 404
