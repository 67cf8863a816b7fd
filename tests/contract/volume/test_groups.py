"""Groups of volumes: what is in them, and what is done to all of them at once."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from services.volume.store.groups import GroupStore
from tests.contract.volume.grouping import (
    act,
    ask_group,
    drop,
    group,
    group_type,
    member,
    show,
    snapshot,
)
from tests.integration.volume.rig import Rig
from tests.parts.locks import wait_for_a_lock

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_group_is_what_it_was_made(rig: Rig) -> None:
    kind, (standard,) = (
        await group_type(rig),
        [each for each in (await rig.get("/types"))["volume_types"] if each["name"] == "standard"],
    )
    answer = await ask_group(rig, description="d")
    assert answer.body == {"group": {"id": answer.body["group"]["id"], "name": "set"}}
    shown = await show(rig, answer.body["group"]["id"])
    assert shown == {
        "id": answer.body["group"]["id"],
        "name": "set",
        "description": "d",
        "status": "available",
        "availability_zone": "nova",
        "created_at": shown["created_at"],
        "group_type": kind["id"],
        "volume_types": [standard["id"]],
        "volumes": [],
        "group_snapshot_id": None,
        "source_group_id": None,
        "replication_status": "disabled",
    }
    assert list(await show(rig, shown["id"], at="3.13")) == [
        "id", "name", "status", "availability_zone", "created_at", "description", "group_type",
        "volume_types",
    ]  # fmt: skip
    assert (await show(rig, shown["id"], "admin"))["project_id"] == "d" * 32


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"group_type": "nothing"}, 404),
        ({"volume_types": ["nothing"]}, 404),
        ({"volume_types": []}, 400),
        ({"availability_zone": "nowhere"}, 400),
        ({"unknown": 1}, 400),
        ({"name": 5}, 400),
    ],
)
async def test_odd_groups_are_refused(rig: Rig, fields: dict[str, Any], status: int) -> None:
    await group_type(rig)
    before = await rig.everything()
    answer = await ask_group(rig, **fields)
    assert answer.status == status, answer.raw
    assert await rig.everything() == before
    assert (await rig.get("/groups"))["groups"] == []


async def test_what_the_storage_cannot_promise_is_refused(rig: Rig) -> None:
    await group_type(rig, group_specs={"consistent_group_snapshot_enabled": "<is> True"})
    answer = await ask_group(rig)
    assert answer.status == 400
    assert "at one moment" in answer.fault


async def test_volumes_are_made_in_groups(rig: Rig) -> None:
    ident = await group(rig)
    made = await member(rig, ident)
    assert made["group_id"] == ident
    assert (await show(rig, ident))["volumes"] == [made["id"]]
    listed = (await rig.get(f"/volumes/detail?group_id={ident}"))["volumes"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert (await rig.get(f"/volumes?group_id={uuid4()}"))["volumes"] == []
    assert (await rig.get("/volumes?group_id=x"))["volumes"] == []
    assert len((await rig.get("/volumes?group_id=x", at="3.9"))["volumes"]) == 1


async def test_volumes_in_groups_are_of_their_types(rig: Rig) -> None:
    ident = await group(rig)
    native = await rig.call(
        "POST", "/volumes",
        {"volume": {"size": 1, "volume_type": "native", "group_id": ident}}, at="3.13",
    )  # fmt: skip
    assert (native.status, list(native.body)) == (400, ["badRequest"])
    untyped = await rig.call(
        "POST", "/volumes", {"volume": {"size": 1, "group_id": ident}}, at="3.13"
    )
    assert untyped.status == 400
    missing = {"volume": {"size": 1, "volume_type": "standard", "group_id": str(uuid4())}}
    assert (await rig.call("POST", "/volumes", missing, at="3.13")).status == 404


async def test_volumes_come_and_go(rig: Rig) -> None:
    ident, free = await group(rig), (await rig.make())["id"]
    body = {"group": {"name": "other", "add_volumes": free}}
    assert (await rig.call("PUT", f"/groups/{ident}", body, at="3.13")).status == 202
    shown = await show(rig, ident)
    assert (shown["name"], shown["volumes"], shown["status"]) == ("other", [free], "available")
    assert (await rig.show(free))["group_id"] == ident
    body = {"group": {"remove_volumes": free}}
    assert (await rig.call("PUT", f"/groups/{ident}", body, at="3.13")).status == 202
    assert (await rig.show(free))["group_id"] is None
    assert (await rig.published())[-1]["verb"] == "updated"


async def test_volumes_that_cannot_come_or_go_are_refused(rig: Rig) -> None:
    ident, other = await group(rig), await group(rig)
    free, taken = (await rig.make())["id"], (await member(rig, other))["id"]
    native = (await rig.make(volume_type="native"))["id"]
    strange = (await rig.make(who="other"))["id"]
    before = await rig.everything()
    for change, status in (
        ({"add_volumes": taken}, 400),
        ({"add_volumes": native}, 400),
        ({"add_volumes": strange}, 404),
        ({"add_volumes": "x"}, 400),
        ({"remove_volumes": free}, 400),
        ({"add_volumes": free, "remove_volumes": free}, 400),
        ({}, 400),
    ):
        answer = await rig.call("PUT", f"/groups/{ident}", {"group": change}, at="3.13")
        assert answer.status == status, (change, answer.raw)
    assert await rig.everything() == before


async def test_a_volume_in_a_group_stays_with_it(rig: Rig) -> None:
    ident = await group(rig)
    volume = (await member(rig, ident))["id"]
    for query in ("", "?cascade=True"):
        assert (await rig.call("DELETE", f"/volumes/{volume}{query}")).status == 400
    forced = await rig.act(volume, "os-force_delete", who="admin")
    assert forced.status == 400
    offered = await rig.call("POST", "/os-volume-transfer", {"transfer": {"volume_id": volume}})
    assert offered.status == 400
    assert (await rig.act(volume, "os-retype", {"new_type": "native"})).status == 400
    assert await rig.status(volume) == "available"


async def test_a_group_goes_with_its_volumes(rig: Rig) -> None:
    ident = await group(rig)
    volume = (await member(rig, ident))["id"]
    refused = await drop(rig, ident, volumes=False)
    assert (refused.status, list(refused.body)) == (400, ["badRequest"])
    assert (await drop(rig, ident)).status == 202
    assert (await rig.call("GET", f"/groups/{ident}", at="3.13")).status == 404
    assert (await rig.call("GET", f"/volumes/{volume}")).status == 404
    assert (await rig.get("/groups/detail"))["groups"] == []


async def test_a_group_is_there_until_its_volumes_are_gone(rig: Rig) -> None:
    await rig.know_cluster()
    ident = await group(rig)
    image = rig.world.images.have(b"content")["id"]
    volume = (await member(rig, ident, imageRef=image))["id"]
    await rig.settle()
    assert (await drop(rig, ident)).status == 202
    assert (await show(rig, ident))["status"] == "deleting"
    assert await rig.status(volume) == "deleting"
    await rig.settle()
    assert (await rig.call("GET", f"/groups/{ident}", at="3.13")).status == 404


async def test_a_group_whose_volume_cannot_go_says_so_and_may_be_deleted_again(rig: Rig) -> None:
    await rig.know_cluster()
    ident = await group(rig)
    await member(rig, ident, imageRef=rig.world.images.have(b"content")["id"])
    await rig.settle()
    agent = rig.world.agent()
    agent.refusing["DELETE", "volumes"] = (409, "mapped")
    await drop(rig, ident)
    await rig.run_sagas()
    await rig.sql(
        "UPDATE sagas SET wake_at = now(), notes = notes || '{\"until\": 0}' WHERE ended_at IS NULL"
    )
    await rig.run_sagas()
    assert (await show(rig, ident))["status"] == "error_deleting"
    agent.refusing.clear()
    assert (await drop(rig, ident)).status == 202
    await rig.settle()
    assert (await rig.call("GET", f"/groups/{ident}", at="3.13")).status == 404


async def test_a_group_that_a_server_uses_stays(rig: Rig) -> None:
    ident = await group(rig)
    volume = (await member(rig, ident))["id"]
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": str(uuid4())}}
    await rig.call("POST", "/attachments", body, who="nova", at="3.44")
    assert (await drop(rig, ident)).status == 400
    assert (await show(rig, ident))["volumes"] == [volume]


async def test_a_group_is_made_of_another(rig: Rig) -> None:
    await rig.know_cluster()
    ident = await group(rig)
    await member(rig, ident)
    image = rig.world.images.have(b"content")["id"]
    await member(rig, ident, imageRef=image)
    await rig.settle()
    body = {"create-from-src": {"source_group_id": ident, "name": "copy"}}
    answer = await rig.call("POST", "/groups/action", body, at="3.14")
    assert (answer.status, answer.body["group"]["name"]) == (202, "copy")
    copy = answer.body["group"]["id"]
    assert (await show(rig, copy))["status"] == "creating"
    await rig.settle()
    shown = await show(rig, copy)
    assert (shown["status"], shown["source_group_id"]) == ("available", ident)
    volumes = (await rig.get(f"/volumes/detail?group_id={copy}"))["volumes"]
    assert {each["status"] for each in volumes} == {"available"}
    assert len(volumes) == 2


async def test_a_group_of_nothing_but_blank_volumes_is_copied_at_once(rig: Rig) -> None:
    ident = await group(rig)
    await member(rig, ident)
    body = {"create-from-src": {"source_group_id": ident}}
    answer = await rig.call("POST", "/groups/action", body, at="3.14")
    assert (await show(rig, answer.body["group"]["id"]))["status"] == "available"


async def test_what_groups_cannot_be_made_of_is_refused(rig: Rig) -> None:
    empty = await group(rig)
    for source, status in (
        ({"source_group_id": empty}, 400),
        ({"source_group_id": str(uuid4())}, 404),
        ({"group_snapshot_id": str(uuid4())}, 404),
        ({"group_snapshot_id": str(uuid4()), "source_group_id": empty}, 400),
        ({}, 400),
    ):
        answer = await rig.call("POST", "/groups/action", {"create-from-src": source}, at="3.14")
        assert answer.status == status, (source, answer.raw)
    old = await rig.call("POST", "/groups/action", {"create-from-src": {}}, at="3.13")
    assert old.status == 404


async def test_administrators_write_statuses_down(rig: Rig) -> None:
    ident = await group(rig)
    for status in ("creating", "error", "available"):
        given = {"status": status}
        assert (await act(rig, ident, "reset_status", given, who="admin")).status == 202
        assert (await show(rig, ident))["status"] == status
    assert (await act(rig, ident, "reset_status", {"status": "x"}, who="admin")).status == 400
    assert (await act(rig, ident, "reset_status", {"status": "error"})).status == 403
    old = await act(rig, ident, "reset_status", {"status": "error"}, who="admin", at="3.19")
    assert old.status == 404
    assert (await act(rig, ident, "enable_replication", at="3.38")).status == 400


async def test_groups_are_listed_page_by_page(rig: Rig) -> None:
    names = ["a", "b", "c"]
    for name in names:
        await group(rig, name=name)
    await group(rig, "other", name="d")
    first = await rig.get("/groups/detail?limit=2&sort=name:asc")
    assert [each["name"] for each in first["groups"]] == ["a", "b"]
    assert first["group_links"][0]["rel"] == "next"
    marker = first["groups"][-1]["id"]
    rest = await rig.get(f"/groups?limit=2&sort=name:asc&marker={marker}")
    assert [list(each) for each in rest["groups"]] == [["id", "name"]]
    assert [each["name"] for each in (await rig.get("/groups?name=b"))["groups"]] == ["b"]
    every = (await rig.get("/groups?all_tenants=1", "admin"))["groups"]
    assert len(every) == 4
    assert await rig.reads_of("/groups/detail") == 1
    assert await rig.reads_of("/groups/detail?list_volume=True") == 2
    lost = await rig.call("GET", f"/groups?marker={uuid4()}", at="3.13")
    assert lost.status == 404


async def test_others_groups_are_not_there(rig: Rig) -> None:
    ident = await group(rig)
    body = {"group": {"name": "mine"}}
    for method, path, sent in (
        ("GET", f"/groups/{ident}", None),
        ("PUT", f"/groups/{ident}", body),
        ("POST", f"/groups/{ident}/action", {"delete": {}}),
    ):
        answer = await rig.call(method, path, sent, who="other", at="3.70")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])
    assert (await rig.call("GET", "/groups/x", at="3.70")).status == 404
    assert (await rig.call("GET", f"/groups/{ident}", at="3.12")).status == 404
    assert (await ask_group(rig, "reader")).status == 403


async def test_a_limit_of_groups_is_kept(rig: Rig) -> None:
    await group_type(rig)
    await rig.limit(groups=3)
    answers = await asyncio.gather(*(ask_group(rig) for _ in range(6)))
    assert Counter(each.status for each in answers) == {202: 3, 413: 3}
    usage = (await rig.get(f"/os-quota-sets/{'d' * 32}?usage=True"))["quota_set"]
    assert usage["groups"] == {"limit": 3, "in_use": 3, "reserved": 0}
    path, body = f"/os-quota-sets/{'d' * 32}", {"quota_set": {"groups": 2}}
    assert (await rig.call("PUT", path, body, who="admin")).status == 400


async def test_it_is_the_groups_row_that_keeps_volumes_out_of_a_group_that_goes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await group(rig)
    statuses, looking = GroupStore.statuses, asyncio.Event()

    async def slowly(store: GroupStore, whole: Any) -> list[str]:
        looking.set()
        await wait_for_a_lock(rig.service.parts.reads.value, coming)
        return await statuses(store, whole)

    monkeypatch.setattr(GroupStore, "statuses", slowly)
    body = {"volume": {"size": 1, "volume_type": "standard", "group_id": ident}}

    async def come() -> int:
        await looking.wait()
        return (await rig.call("POST", "/volumes", body, at="3.13")).status

    coming = asyncio.create_task(come())
    gone = await drop(rig, ident)
    assert (gone.status, await coming) == (202, 404)
    assert (await rig.get("/volumes"))["volumes"] == []


async def test_a_volume_type_of_a_group_stays(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    await group(rig, volume_types=["fast"])
    assert (await rig.call("DELETE", f"/types/{kind['id']}", who="admin")).status == 409


async def test_a_group_with_snapshots_stays(rig: Rig) -> None:
    await rig.know_cluster()
    ident = await group(rig)
    await member(rig, ident)
    assert (await snapshot(rig, ident)).status == 202
    await rig.settle()
    assert (await drop(rig, ident)).status == 400
