"""Volumes that are disks of Ganeti's own: holders come and go, the data stays."""

import pytest

from shared.contracts.ganeti import Failure
from tests.integration.volume.rig import Json, Rig
from tests.integration.volume.test_attachments import (
    INSTANCE,
    attached,
    connect,
    release,
    reserve,
    seen,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def used_once(rig: Rig) -> Json:
    """Have a native volume that a server had, and has no more."""
    made = await rig.made(volume_type="native")
    ident, connection = await attached(rig, made["id"])
    assert (connection["driver"], connection["disk_template"]) == ("native", "plain")
    assert connection["disk_uuid"] is None
    rig.world.gateway.instances[INSTANCE].remove(made["id"])
    rig.world.gateway.detached.add(made["id"])
    await release(rig, ident)
    return made


async def test_the_second_server_gets_the_disk_that_the_first_one_had(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    connection = (await connect(rig, ident)).body["attachment"]["connection_info"]
    assert (connection["disk_uuid"], connection["nodes"]) == (
        f"ganeti-{made['id']}",
        ["node1.athens"],
    )


async def test_it_is_local_to_its_node(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    refused = await connect(rig, ident, node="node2.athens")
    assert (refused.status, "local to another node" in refused.fault) == (400, True)


async def test_it_goes_where_administrators_move_its_server(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(volume_type="native")
    await attached(rig, made["id"])
    await rig.hear(seen(9, made["id"], node="node2.athens"))
    (row,) = await rig.sql("SELECT disk_nodes FROM volumes")
    assert row["disk_nodes"] == '["node2.athens"]'


async def test_a_holder_takes_a_detached_disk_along(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    await rig.call("DELETE", f"/volumes/{made['id']}")
    await rig.settle()
    assert (await rig.call("GET", f"/volumes/{made['id']}")).status == 404
    holder, attach, remove = rig.world.gateway.operations()
    assert (holder["disk_template"], holder["disks"], holder["start"]) == ("diskless", [], False)
    assert (holder["node"], attach["uuid"]) == ("node1.athens", f"ganeti-{made['id']}")
    assert remove["operation"] == "instance.delete"
    assert rig.world.gateway.removed == {made["id"]}
    assert set(rig.world.gateway.instances) == {INSTANCE}


async def test_without_diskless_instances_the_holder_has_a_small_disk(rig: Rig) -> None:
    await rig.know_cluster(disk_templates=["plain"], smallest_disk=64)
    made = await used_once(rig)
    await rig.call("DELETE", f"/volumes/{made['id']}")
    await rig.settle()
    holder = rig.world.gateway.operations()[0]
    assert holder["disk_template"] == "plain"
    assert [disk["size"] for disk in holder["disks"]] == [64]


async def test_a_disk_that_cannot_be_removed_is_kept(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    rig.world.gateway.failing["disk.attach"] = Failure.ENVIRONMENT
    await rig.call("DELETE", f"/volumes/{made['id']}")
    await rig.settle()
    assert await rig.status(made["id"]) == "error_deleting"
    assert rig.world.gateway.detached == {made["id"]}
    assert set(rig.world.gateway.instances) == {INSTANCE}
    assert "gnt said no" in (await rig.messages())[0]["user_message"]


async def test_one_that_was_never_used_is_gone_at_once(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(volume_type="native")
    await rig.call("DELETE", f"/volumes/{made['id']}")
    assert (await rig.call("GET", f"/volumes/{made['id']}")).status == 404
    assert rig.world.gateway.submissions == {}


async def test_a_detached_disk_grows_with_a_holder(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    await rig.act(made["id"], "os-extend", {"new_size": 3})
    await rig.settle()
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["size"]) == ("available", 3)
    (grow,) = rig.world.gateway.operations("disk.grow")
    assert (grow["index"], grow["size"]) == (0, 3072)
    assert rig.world.gateway.detached == {made["id"]}
    assert rig.world.gateway.removed == set()
    assert set(rig.world.gateway.instances) == {INSTANCE}


async def test_an_image_is_written_by_the_scripts_of_an_instance(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have()
    made = await rig.made(volume_type="native", imageRef=image["id"])
    assert (made["status"], made["bootable"]) == ("available", "true")
    create = rig.world.gateway.operations("instance.create")[0]
    assert [disk["name"] for disk in create["disks"]] == [made["id"]]
    assert create["os_secrets"]["image_url"].endswith(image["id"])
    assert "image_url" not in create["os_parameters"]
    assert rig.world.gateway.detached == {made["id"]}
    assert rig.world.gateway.instances == {}
    (row,) = await rig.sql("SELECT disk_uuid, disk_nodes FROM volumes")
    assert (row["disk_uuid"], row["disk_nodes"]) == (f"ganeti-{made['id']}", '["node1.athens"]')


async def test_scripts_that_fail_leave_nothing_behind(rig: Rig) -> None:
    await rig.know_cluster()
    rig.world.gateway.failing["instance.create"] = Failure.ENVIRONMENT
    made = await rig.made(volume_type="native", imageRef=rig.world.images.have()["id"])
    assert made["status"] == "error"
    assert rig.world.gateway.instances == {}
    assert "gnt said no" in (await rig.messages())[0]["user_message"]
    (row,) = await rig.sql("SELECT cluster FROM volumes")
    assert row["cluster"] is None


async def test_a_volume_with_data_keeps_to_its_kind_of_storage(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    refused = await rig.act(made["id"], "os-retype", {"new_type": "standard"})
    assert (refused.status, "needs the data" in refused.fault) == (400, True)
    await rig.make_type("other", extra_specs={"ganeti:driver": "native"})
    assert (await rig.act(made["id"], "os-retype", {"new_type": "other"})).status == 202
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["volume_type"]) == ("available", "other")


async def test_it_is_neither_cloned_nor_sent_away(rig: Rig) -> None:
    await rig.know_cluster()
    made = await used_once(rig)
    body = {"volume": {"source_volid": made["id"]}}
    clone = await rig.call("POST", "/volumes", body)
    assert (clone.status, "cannot be cloned" in clone.fault) == (400, True)
    upload = await rig.act(made["id"], "os-volume_upload_image", {"image_name": "x"})
    assert (upload.status, "not supported by volume type native" in upload.fault) == (400, True)
