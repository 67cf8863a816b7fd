"""Servers that use volumes: compute's side of it, step by step."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.ganeti import DiskObserved, InstanceObserved
from shared.contracts.resources import DELETED, ServerChanged
from tests.integration.volume.rig import OWN, Answer, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")
SERVER = "5d8f0000-0000-4000-8000-000000000001"
INSTANCE = f"cyc-{SERVER}"
Json = dict[str, Any]


async def reserve(rig: Rig, volume_id: str, server: str = SERVER, **how: Any) -> Answer:
    """Reserve a volume, as compute does."""
    body = {"attachment": {"volume_uuid": volume_id, "instance_uuid": server}}
    return await rig.call("POST", "/attachments", body, at="3.70", **({"who": "nova"} | how))


async def connect(rig: Rig, attachment: str, **more: str) -> Answer:
    """Say where the server is."""
    connector = {"host": "athens", "instance": INSTANCE, "node": "node1.athens", **more}
    body = {"attachment": {"connector": connector}}
    return await rig.call("PUT", f"/attachments/{attachment}", body, at="3.70", who="nova")


async def complete(rig: Rig, attachment: str) -> Answer:
    """Say that the server has it."""
    path = f"/attachments/{attachment}/action"
    return await rig.call("POST", path, {"os-complete": {}}, at="3.70", who="nova")


async def release(rig: Rig, attachment: str, **how: Any) -> Answer:
    """End the attachment."""
    path = f"/attachments/{attachment}"
    return await rig.call("DELETE", path, at="3.70", **({"who": "nova"} | how))


async def attached(rig: Rig, volume_id: str, server: str = SERVER) -> tuple[str, Json]:
    """Have a volume used by a server; return the attachment and how it is connected."""
    answer = await reserve(rig, volume_id, server)
    assert answer.status == 200, answer.raw
    ident = answer.body["attachment"]["id"]
    connected = await connect(rig, ident, mountpoint="/dev/vdb")
    assert connected.status == 200, connected.raw
    connection: Json = connected.body["attachment"]["connection_info"]
    rig.world.gateway.instances.setdefault(INSTANCE, []).append(volume_id)
    done = await complete(rig, ident)
    assert done.status == 204, done.raw
    return ident, connection


def seen(sequence: int, *disks: str, node: str = "node1.athens") -> InstanceObserved:
    """Return what the watcher sees of the server."""
    every = [DiskObserved(name=disk, uuid=f"ganeti-{disk}", size=1024) for disk in disks]
    return InstanceObserved(
        cluster="athens", name=INSTANCE, sequence=sequence, node=node, disks=every
    )


async def test_a_blank_volume_follows_its_first_server(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident, connection = await attached(rig, made["id"])
    assert connection == {
        "driver_volume_type": "ganeti",
        "driver": "ext",
        "cluster": "athens",
        "disk_template": "ext",
        "disk_name": made["id"],
        "size": 1024,
        "provider": "cyclades",
        "parameters": {"volume": made["id"], "keep": "yes"},
        "disk_uuid": None,
        "nodes": [],
    }
    assert rig.world.agent().volumes() == {made["id"]}
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["availability_zone"]) == ("in-use", "az-athens")
    (attachment,) = shown["attachments"]
    assert (attachment["id"], attachment["attachment_id"]) == (made["id"], ident)
    assert (attachment["server_id"], attachment["device"]) == (SERVER, "/dev/vdb")
    assert (await release(rig, ident)).body == {"attachments": []}
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["attachments"]) == ("available", [])
    assert rig.world.agent().volumes() == {made["id"]}


async def test_the_status_says_how_far_it_is(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    assert await rig.status(made["id"]) == "reserved"
    await connect(rig, ident)
    assert await rig.status(made["id"]) == "attaching"
    await complete(rig, ident)
    assert await rig.status(made["id"]) == "in-use"
    detaching = await rig.act(made["id"], "os-begin_detaching", {}, who="nova")
    assert (detaching.status, await rig.status(made["id"])) == (202, "detaching")
    rolled = await rig.act(made["id"], "os-roll_detaching", {}, who="nova")
    assert (rolled.status, await rig.status(made["id"])) == (202, "in-use")
    await rig.act(made["id"], "os-begin_detaching", {}, who="nova")
    await release(rig, ident)
    assert await rig.status(made["id"]) == "available"


async def test_every_step_may_be_repeated(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    first, again = await connect(rig, ident), await connect(rig, ident)
    assert first.body == again.body
    for _time in range(2):
        assert (await complete(rig, ident)).status == 204
        assert await rig.status(made["id"]) == "in-use"
    for _time in range(2):
        assert (await release(rig, ident)).status == 200
        assert await rig.status(made["id"]) == "available"


async def test_a_volume_that_somebody_has_is_nobody_elses(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    await attached(rig, made["id"])
    before = await rig.everything()
    refused = await reserve(rig, made["id"], str(uuid4()))
    assert (refused.status, "must be available to reserve" in refused.fault) == (400, True)
    assert await rig.everything() == before
    deleting = await rig.call("DELETE", f"/volumes/{made['id']}")
    assert (deleting.status, "attached" in deleting.fault) == (400, True)


async def test_several_servers_may_have_a_volume_of_a_type_that_allows_it(rig: Rig) -> None:
    await rig.know_cluster()
    await rig.make_type("shared", extra_specs={"multiattach": "<is> True"})
    made = await rig.made(volume_type="shared")
    one, _ = await attached(rig, made["id"])
    two, _ = await attached(rig, made["id"], str(uuid4()))
    assert len((await rig.show(made["id"]))["attachments"]) == 2
    left = (await release(rig, one)).body["attachments"]
    assert [each["id"] for each in left] == [two]
    assert await rig.status(made["id"]) == "in-use"


async def test_only_compute_ends_an_attachment_of_a_server_that_lives(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident, _ = await attached(rig, made["id"])
    for who in ("demo", "admin"):
        refused = await release(rig, ident, who=who)
        assert (refused.status, list(refused.body)) == (409, ["conflictingRequest"])
        assert refused.fault.endswith("using the Compute API")
    detaching = await rig.act(made["id"], "os-detach", {"attachment_id": ident})
    assert detaching.status == 409
    assert await rig.status(made["id"]) == "in-use"
    assert (await release(rig, ident, who="demo", service="nova")).status == 200


async def test_an_attachment_of_a_server_that_is_gone_is_its_owners_to_end(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident, _ = await attached(rig, made["id"])
    gone = ServerChanged(verb=DELETED, id=SERVER, project_id=OWN, version=9, document={})
    await rig.hear(gone)
    assert (await release(rig, ident, who="demo")).status == 200


async def test_what_a_user_noted_by_hand_is_theirs_to_end(rig: Rig) -> None:
    made = await rig.made()
    with_ = {"instance_uuid": SERVER, "mountpoint": "/dev/vdc"}
    assert (await rig.act(made["id"], "os-attach", with_)).status == 202
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["attachments"][0]["device"]) == ("in-use", "/dev/vdc")
    which = {"attachment_id": shown["attachments"][0]["attachment_id"]}
    assert (await rig.act(made["id"], "os-detach", which)).status == 202
    assert await rig.status(made["id"]) == "available"


async def test_a_volume_is_kept_for_whoever_reserves_it(rig: Rig) -> None:
    made = await rig.made()
    assert (await rig.act(made["id"], "os-reserve")).status == 202
    assert await rig.status(made["id"]) == "attaching"
    assert (await rig.act(made["id"], "os-reserve")).status == 400
    assert (await rig.act(made["id"], "os-unreserve")).status == 202
    assert await rig.status(made["id"]) == "available"


async def test_administrators_detach_by_force(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident, _ = await attached(rig, made["id"])
    await rig.act(made["id"], "os-reset_status", {"status": "error"}, who="admin")
    forced = await rig.act(
        made["id"], "os-force_detach", {"attachment_id": ident, "connector": None}, who="admin"
    )
    assert forced.status == 202
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["attachments"]) == ("available", [])
    assert (await rig.act(made["id"], "os-detach")).status == 202  # as Cinder: it is detached


async def test_a_server_elsewhere_cannot_have_it(rig: Rig) -> None:
    await rig.know_cluster("athens")
    await rig.know_cluster("berlin")
    made = await rig.made(imageRef=rig.world.images.have()["id"], availability_zone="az-berlin")
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    refused = await connect(rig, ident)
    assert (refused.status, "is in availability zone az-berlin" in refused.fault) == (400, True)
    unknown = await connect(rig, ident, host="nowhere")
    assert (unknown.status, "Ganeti maps disks itself" in unknown.fault) == (400, True)


async def test_a_volume_whose_attachment_came_to_nothing_is_nowhere_again(rig: Rig) -> None:
    await rig.know_cluster(ext_provider=None)
    made = await rig.made()
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    await connect(rig, ident)
    await release(rig, ident)
    (row,) = await rig.sql("SELECT cluster, driver FROM volumes")
    assert (row["cluster"], row["driver"]) == (None, None)


async def test_storage_that_does_not_answer_is_asked_again(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    rig.world.agent().refusing["PUT", "volumes"] = (503, "busy")
    assert (await connect(rig, ident)).status == 503
    rig.world.agent().refusing.clear()
    assert (await connect(rig, ident)).status == 200


async def test_a_disk_that_somebody_took_away_in_ganeti_is_no_attachment(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    await attached(rig, made["id"])
    await rig.hear(seen(3))  # the watcher had not seen the disk yet
    assert await rig.status(made["id"]) == "in-use"
    await rig.hear(seen(5, made["id"]))
    await rig.hear(seen(4))  # old news
    assert await rig.status(made["id"]) == "in-use"
    await rig.hear(seen(6))
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["attachments"]) == ("available", [])


async def test_a_volume_in_use_grows_as_a_disk_of_its_server(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    rig.world.gateway.instances[INSTANCE] = ["root"]
    await attached(rig, made["id"])
    refused = await rig.act(made["id"], "os-extend", {"new_size": 2}, at="3.41")
    assert refused.status == 400
    answer = await rig.act(made["id"], "os-extend", {"new_size": 2}, at="3.42")
    assert answer.status == 202
    await rig.settle()
    (grow,) = rig.world.gateway.operations("disk.grow")
    assert (grow["instance"], grow["index"], grow["size"]) == (INSTANCE, 1, 2048)
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["size"]) == ("in-use", 2)


async def test_a_snapshot_of_a_volume_in_use_needs_force_until_3_66(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    await attached(rig, made["id"])
    body: Json = {"snapshot": {"volume_id": made["id"]}}
    assert (await rig.call("POST", "/snapshots", body, at="3.65")).status == 400
    body["snapshot"]["force"] = True
    assert (await rig.call("POST", "/snapshots", body, at="3.65")).status == 202
    await rig.snapshot(made["id"])
    body["snapshot"]["force"] = False
    assert (await rig.call("POST", "/snapshots", body, at="3.66")).status == 400


async def test_attachments_are_listed_for_their_project(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    ident, connection = await attached(rig, made["id"])
    (brief,) = (await rig.get("/attachments"))["attachments"]
    assert brief == {
        "id": ident,
        "status": "attached",
        "instance": SERVER,
        "volume_id": made["id"],
    }
    (whole,) = (await rig.get(f"/attachments/detail?volume_id={made['id']}"))["attachments"]
    assert (whole["attach_mode"], whole["connection_info"]) == ("rw", connection)
    assert (await rig.get(f"/attachments/{ident}"))["attachment"] == whole
    assert (await rig.get("/attachments", "other"))["attachments"] == []
    assert (await rig.call("GET", f"/attachments/{ident}", who="other", at="3.70")).status == 404
    assert (await rig.call("GET", "/attachments", at="3.26")).status == 404
