"""What stores volumes, as administrators see it; what compute may say; what users are told."""

from typing import Any
from uuid import uuid4

import pytest

from services.volume.usecases import observing
from shared.contracts.storage import Pool
from tests.integration.volume.rig import OTHER, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_services_are_found_by_host_with_or_without_what_is_behind_it(rig: Rig) -> None:
    await rig.know_cluster()
    for host in ("athens", "athens@ext"):
        (found,) = (await rig.get(f"/os-services?host={host}", "admin"))["services"]
        assert (found["host"], found["zone"], found["state"]) == ("athens@ext", "az-athens", "up")
    made = await rig.make()
    shown = await rig.show(made["id"], "admin")
    host = shown["os-vol-host-attr:host"].partition("@")[0]
    query = f"/os-services?host={host}&binary=cinder-volume"
    assert len((await rig.get(query, "admin"))["services"]) == 1


async def test_a_cluster_that_is_disabled_gets_no_new_volumes(rig: Rig) -> None:
    await rig.know_cluster()
    body: dict[str, Any] = {"host": "athens@ext", "binary": "cinder-volume"}
    disabled = await rig.call("PUT", "/os-services/disable", body, who="admin")
    assert (disabled.status, disabled.body["status"]) == (200, "disabled")
    image = rig.world.images.have()
    assert (await rig.make(imageRef=image["id"]))["status"] == "error"
    why = body | {"disabled_reason": "broken"}
    said = await rig.call("PUT", "/os-services/disable-log-reason", why, who="admin")
    assert said.body["disabled_reason"] == "broken"
    (shown,) = (await rig.get("/os-services?host=athens", "admin"))["services"]
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "broken")
    await rig.call("PUT", "/os-services/enable", body, who="admin")
    assert (await rig.make(imageRef=image["id"]))["status"] == "creating"
    await rig.settle()


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("enable", {"host": "nowhere", "binary": "cinder-volume"}, 404),
        ("disable", {"host": "athens@ext", "binary": "odd"}, 404),
        ("disable-log-reason", {"host": "athens@ext", "disabled_reason": None}, 400),
        ("freeze", {"host": "nowhere"}, 400),
        ("thaw", {"host": "athens@ext"}, 400),
        ("odd", {"host": "athens@ext"}, 404),
    ],
)
async def test_what_services_cannot_do_is_refused(
    rig: Rig, action: str, body: dict[str, Any], status: int
) -> None:
    await rig.know_cluster()
    answer = await rig.call("PUT", f"/os-services/{action}", body, who="admin")
    assert answer.status == status
    assert (await rig.call("PUT", f"/os-services/{action}", body)).status == 403


async def test_pools_tell_how_much_room_there_is(rig: Rig) -> None:
    await rig.know_cluster()
    pool = Pool(total=2048, free=1024, version="1")
    await observing.record_pool(rig.transaction, "athens", pool)
    assert await rig.get("/scheduler-stats/get_pools", "admin") == {
        "pools": [{"name": "athens@ext#pool"}]
    }
    (found,) = (await rig.get("/scheduler-stats/get_pools?detail=true", "admin"))["pools"]
    told = found["capabilities"]
    assert (told["total_capacity_gb"], told["free_capacity_gb"]) == (2.0, 1.0)
    assert (await rig.get("/scheduler-stats/get_pools?name=odd", "admin"))["pools"] == []
    (host,) = (await rig.get("/os-hosts", "admin"))["hosts"]
    assert (host["host_name"], host["service-status"]) == ("athens@ext", "available")


async def test_new_volumes_go_where_there_is_most_room(rig: Rig) -> None:
    for name, free in (("athens", 10), ("berlin", 30), ("cairo", 20)):
        await rig.know_cluster(name)
        await observing.record_pool(rig.transaction, name, Pool(total=100, free=free))
    made = await rig.made(imageRef=rig.world.images.have()["id"])
    assert made["availability_zone"] == "az-berlin"


async def test_nothing_is_left_over_to_clean_up(rig: Rig) -> None:
    answer = await rig.call("POST", "/workers/cleanup", {}, who="admin", at="3.24")
    assert (answer.status, answer.body) == (202, {"cleaning": [], "unavailable": []})
    assert (await rig.call("POST", "/workers/cleanup", {}, who="admin", at="3.23")).status == 404


async def test_compute_makes_volumes_for_its_users_where_their_servers_are(rig: Rig) -> None:
    await rig.know_cluster("athens")
    await rig.know_cluster("berlin")
    image = rig.world.images.have()
    fields = {"project_id": OTHER, "user_id": "9" * 32, "cluster": "berlin"}
    made = await rig.make(who="nova", imageRef=image["id"], **fields)
    await rig.settle()
    theirs = await rig.show(made["id"], "other")
    assert (theirs["status"], theirs["user_id"]) == ("available", "9" * 32)
    seen = await rig.show(made["id"], "nova")
    assert seen["os-vol-host-attr:host"] == "berlin@ext#pool"
    blank = await rig.make(who="nova", **fields)
    assert (await rig.show(blank["id"], "nova"))["os-vol-host-attr:host"] is None
    for name, value in fields.items():
        body = {"volume": {"size": 1, name: value}}
        refused = await rig.call("POST", "/volumes", body, at="3.70")
        assert (refused.status, f"'{name}' was unexpected" in refused.fault) == (400, True)


async def test_users_read_and_drop_what_they_were_told(rig: Rig) -> None:
    made = await rig.make(imageRef=rig.world.images.have()["id"])
    (told,) = await rig.messages()
    assert told["resource_uuid"] == made["id"]
    assert set(told) == {
        "id", "request_id", "resource_type", "resource_uuid", "event_id", "message_level",
        "user_message", "created_at", "guaranteed_until", "links",
    }  # fmt: skip
    path = f"/messages/{told['id']}"
    assert (await rig.get(path))["message"] == told
    for who, ident in (("other", told["id"]), ("demo", str(uuid4())), ("demo", "odd")):
        answer = await rig.call("GET", f"/messages/{ident}", who=who, at="3.3")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])
    assert (await rig.get("/messages?event_id=odd"))["messages"] == []
    assert (await rig.get("/messages?resource_type=VOLUME"))["messages"] == [told]
    assert (await rig.call("GET", "/messages", at="3.2")).status == 404
    assert (await rig.call("DELETE", path, at="3.3")).status == 204
    assert await rig.messages() == []
