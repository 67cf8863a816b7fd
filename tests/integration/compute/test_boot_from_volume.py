"""Servers are made with volumes: of the user's, or made on the way; and are taken back whole."""

from typing import Any

import pytest

from services.compute.effects.sagas import SAGAS
from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import IMAGE, Answer, Rig, a_server, fresh_id
from tests.integration.compute.test_saga_laws import (
    CREATE_POSITIONS,
    cloud_of,
    failing_at,
    instances_of,
    notes_of,
    run,
)

Json = dict[str, Any]
CREATE = SAGAS["compute.create_server"]


def booting(volume: str, **more: Any) -> Json:
    """Return the fields of a server that boots from a volume."""
    device = {
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": volume,
        "boot_index": 0,
        **more,
    }
    return {"imageRef": "", "block_device_mapping_v2": [device]}


def bootable(rig: Rig, **fields: Any) -> str:
    """Have a volume that can be booted from."""
    return rig.world.volumes.own(bootable="true", **fields)


async def ask(rig: Rig, mv: str = "2.96", **fields: Any) -> Answer:
    """Ask for a server."""
    return await rig.call("POST", "/servers", a_server(**fields), mv=mv)


async def refused(rig: Rig, mv: str = "2.96", **fields: Any) -> str:
    """Return why a server cannot be had."""
    answer = await ask(rig, mv, **fields)
    assert answer.status == 400, answer.body
    why: str = answer.body["badRequest"]["message"]
    return why


async def test_a_server_boots_from_a_volume(rig: Rig) -> None:
    volume = bootable(rig)
    server = await rig.active(**booting(volume))
    (made,) = rig.world.gateway.operations("instance.create")
    assert made["disks"][0]["name"] == volume
    assert made["disks"][0]["parameters"] == {"volume": volume, "keep": "yes"}
    assert made["disk_template"] == "ext"
    assert "image_id" not in made["os_parameters"]
    assert "image_url" not in made["os_secrets"]
    shown = await rig.show(server)
    assert shown["image"] == ""
    assert shown["os-extended-volumes:volumes_attached"] == [
        {"id": volume, "delete_on_termination": False}
    ]
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"
    path = f"/servers/{server}/os-volume_attachments"
    (listed,) = (await rig.get(path))["volumeAttachments"]
    assert listed["device"] == "/dev/vda"
    assert (await rig.call("DELETE", f"{path}/{volume}")).status == 403
    assert rig.world.images.tickets == []


async def test_a_volume_is_made_from_an_image_and_goes_with_its_server(rig: Rig) -> None:
    device = {
        "source_type": "image",
        "destination_type": "volume",
        "uuid": IMAGE,
        "boot_index": 0,
        "volume_size": 3,
        "volume_type": "standard",
        "delete_on_termination": True,
    }
    blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 7}
    server = await rig.active(imageRef="", block_device_mapping_v2=[device, blank])
    first, second = rig.world.volumes.volumes.values()
    assert (first["imageRef"], first["size"], first["volume_type"]) == (IMAGE, 3, "standard")
    assert (second["size"], "imageRef" in second) == (7, False)
    assert {first["cluster"], second["cluster"]} == {"athens"}
    (made,) = rig.world.gateway.operations("instance.create")
    assert [disk["size"] for disk in made["disks"]][:2] == [3 * 1024, 7 * 1024]
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert list(rig.world.volumes.volumes) == [second["id"]]
    assert rig.world.volumes.volumes[second["id"]]["status"] == "available"


async def test_a_server_waits_until_its_volume_is_made(rig: Rig) -> None:
    rig.world.volumes.made_as = "downloading"
    device = {
        "source_type": "image", "destination_type": "volume", "uuid": IMAGE,
        "boot_index": 0, "volume_size": 3,
    }  # fmt: skip
    await rig.create(imageRef="", block_device_mapping_v2=[device])
    await rig.run_sagas()
    assert rig.world.gateway.operations("instance.create") == []
    (volume,) = rig.world.volumes.volumes.values()
    volume["status"] = "available"
    await rig.wake()
    await rig.run_sagas()
    assert len(rig.world.volumes.volumes) == 1
    assert len(rig.world.gateway.operations("instance.create")) == 1


async def test_a_volume_that_fails_to_be_made_fails_the_server(rig: Rig) -> None:
    rig.world.volumes.made_as = "error"
    device = {
        "source_type": "image", "destination_type": "volume", "uuid": IMAGE,
        "boot_index": 0, "volume_size": 3,
    }  # fmt: skip
    server = await rig.create(imageRef="", block_device_mapping_v2=[device])
    await rig.run_sagas()
    assert (await rig.show(server))["fault"]["message"] == "Block Device Mapping is Invalid."
    assert rig.world.volumes.volumes == {}


async def test_data_volumes_come_with_a_local_root(rig: Rig) -> None:
    await rig.know_cluster("athens", disk_template="ext", version=2)
    volume = rig.world.volumes.own()
    root = {
        "source_type": "image", "destination_type": "local", "uuid": IMAGE, "boot_index": 0,
    }  # fmt: skip
    data = {"source_type": "volume", "destination_type": "volume", "uuid": volume}
    server = await rig.active(block_device_mapping_v2=[root, data])
    (made,) = rig.world.gateway.operations("instance.create")
    assert made["disks"][1]["name"] == volume
    shown = await rig.show(server)
    assert shown["image"]["id"] == IMAGE
    (listed,) = (await rig.get(f"/servers/{server}/os-volume_attachments"))["volumeAttachments"]
    assert listed["device"] == "/dev/vdb"


async def test_a_native_volume_that_is_new_comes_with_its_server(rig: Rig) -> None:
    rig.world.volumes.driver = "native"
    volume = rig.world.volumes.own(size=2)
    root = {
        "source_type": "image", "destination_type": "local", "uuid": IMAGE, "boot_index": 0,
    }  # fmt: skip
    data = {"source_type": "volume", "destination_type": "volume", "uuid": volume}
    server = await rig.active(block_device_mapping_v2=[root, data])
    (made,) = rig.world.gateway.operations("instance.create")
    assert (made["disks"][1]["name"], made["disks"][1]["size"]) == (volume, 2 * 1024)
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    saved, deleted = rig.world.gateway.operations()[-2:]
    assert (saved["operation"], saved["disk"]) == ("disk.detach", volume)
    assert deleted["operation"] == "instance.delete"


async def test_a_native_volume_that_was_used_is_attached_to_the_running_server(rig: Rig) -> None:
    rig.world.volumes.driver = "native"
    rig.world.gateway.disk_template = "plain"
    used = rig.world.volumes.own(disk_uuid="4f1a", nodes=["node2.athens"])
    root = {
        "source_type": "image", "destination_type": "local", "uuid": IMAGE, "boot_index": 0,
    }  # fmt: skip
    data = {"source_type": "volume", "destination_type": "volume", "uuid": used}
    await rig.know_cluster("athens", hotplug=False, version=2)
    stuck = await rig.create(block_device_mapping_v2=[root, data])
    await rig.run_sagas()
    await rig.end_jobs()
    assert "attach it to one that is there" in (await rig.show(stuck))["fault"]["message"]
    assert rig.world.volumes.volumes[used]["status"] == "available"
    await rig.know_cluster("athens", hotplug=True, version=3)
    server = await rig.active(block_device_mapping_v2=[root, data])
    *_, made, attached = rig.world.gateway.operations()
    assert (made["operation"], made["node"], len(made["disks"])) == (
        "instance.create", "node2.athens", 2,
    )  # fmt: skip
    assert (attached["operation"], attached["uuid"]) == ("disk.attach", "4f1a")
    assert attached["hotplug"] is True
    assert rig.world.volumes.volumes[used]["status"] == "in-use"
    (listed,) = (await rig.get(f"/servers/{server}/os-volume_attachments"))["volumeAttachments"]
    assert (listed["volumeId"], listed["device"]) == (used, "/dev/vdb")


async def test_the_first_version_of_the_mapping_boots_from_its_first_device(rig: Rig) -> None:
    volume = bootable(rig)
    legacy = [{"device_name": "vda", "volume_id": volume, "delete_on_termination": "0"}]
    server = await rig.active(imageRef="", block_device_mapping=legacy)
    assert (await rig.show(server))["image"] == ""


async def test_a_server_goes_where_its_volume_is(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    for cluster in ("athens", "berlin"):
        volume = bootable(rig, **{"os-vol-host-attr:host": f"{cluster}@ext#pool"})
        server = await rig.create(**booting(volume))
        assert (await rig.show(server, who="admin"))["OS-EXT-AZ:availability_zone"] == (
            f"az-{cluster}"
        )
    here, there = bootable(rig), bootable(rig)
    rig.world.volumes.volumes[here]["os-vol-host-attr:host"] = "athens@ext#pool"
    rig.world.volumes.volumes[there]["os-vol-host-attr:host"] = "berlin@ext#pool"
    fields = booting(here)
    fields["block_device_mapping_v2"].append(
        {"source_type": "volume", "destination_type": "volume", "uuid": there}
    )
    assert "one availability zone" in await refused(rig, **fields)


async def test_a_server_that_fails_gives_its_volumes_back(rig: Rig) -> None:
    volume = bootable(rig)
    server = await rig.create(**booting(volume))
    await rig.run_sagas()
    await rig.fail_last_job(Failure.POLICY)
    await rig.end_jobs()
    assert (await rig.state(server))[0] == "ERROR"
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert rig.world.volumes.attachments == {}
    assert (await rig.show(server))["os-extended-volumes:volumes_attached"] == []
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    assert rig.world.volumes.volumes[volume]["status"] == "available"


async def test_what_cannot_be_is_refused_in_novas_words(rig: Rig) -> None:
    volume = rig.world.volumes.own()
    data = {"source_type": "volume", "destination_type": "volume", "uuid": volume}
    assert "failed to get volume" in await refused(rig, **booting(fresh_id()))
    assert "is not bootable" in await refused(rig, **booting(volume))
    assert "must be 'available'" in await refused(rig, **booting(bootable(rig, status="in-use")))
    assert "Boot sequence" in await refused(rig, block_device_mapping_v2=[data])
    twice = booting(bootable(rig))
    twice["block_device_mapping_v2"] *= 2
    assert "Boot sequence" in await refused(rig, **twice)
    assert "imageRef" in await refused(rig, imageRef="")
    shared = booting(bootable(rig, multiattach=True))
    assert "2.60" in await refused(rig, mv="2.59", **shared)
    several = booting(bootable(rig)) | {"max_count": 2}
    assert "multiple instances" in await refused(rig, **several)
    typed = booting(bootable(rig), volume_type="standard")
    assert "'volume_type' was unexpected" in await refused(rig, mv="2.66", **typed)
    unsized = {"source_type": "blank", "destination_type": "volume"}
    assert "non-zero size" in await refused(
        rig, block_device_mapping_v2=[*booting(volume)["block_device_mapping_v2"], unsized]
    )
    assert await rig.sql("SELECT 1 FROM servers") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_type": "tape"},
        {"boot_index": "first"},
        {"boot_index": 10**18},
        {"volume_size": -1},
        {"delete_on_termination": "perhaps"},
        {"uuid": "no uuid"},
        {"device_name": "a\u0000b"},
        {"destination_type": "local"},
        {"stranger": 1},
    ],
)
async def test_bad_devices_are_refused(rig: Rig, wrong: Json) -> None:
    await refused(rig, **booting(bootable(rig), **wrong))


async def test_making_a_server_with_volumes_twice_makes_one(rig: Rig) -> None:
    volume = bootable(rig)
    await rig.create(**booting(volume))
    assert await run(rig, CREATE, await notes_of(rig), twice=True)
    assert len(rig.world.volumes.attachments) == 1
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"


@pytest.mark.parametrize("position", CREATE_POSITIONS[:-1])
async def test_giving_up_anywhere_gives_the_volumes_back(rig: Rig, position: int) -> None:
    own = bootable(rig)
    fields = booting(own)
    fields["block_device_mapping_v2"].append(
        {"source_type": "blank", "destination_type": "volume", "volume_size": 2}
    )
    await rig.create(**fields)
    notes = await notes_of(rig)
    assert not await run(rig, failing_at(CREATE, position, rig, after=True), notes)
    await CREATE.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    assert list(rig.world.volumes.volumes) == [own]
    assert rig.world.volumes.volumes[own]["status"] == "available"
    assert rig.world.volumes.attachments == {}
    assert instances_of(rig) == set()
