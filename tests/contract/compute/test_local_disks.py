"""Servers with local disks besides their root: of their flavor, or asked for with them."""

from typing import Any

import pytest_asyncio

from shared.ids import derived
from tests.integration.compute.rig import IMAGE, NETWORK, Rig, uuid

ROOT = {"source_type": "image", "destination_type": "local", "uuid": IMAGE, "boot_index": 0}
BLANK = {"source_type": "blank", "destination_type": "local"}
SWAP = BLANK | {"guest_format": "swap"}


@pytest_asyncio.fixture(loop_scope="module")
async def furnished(rig: Rig) -> Rig:
    """The compute service with a flavor of 10 GiB of empty disk and 512 MiB of swap."""
    flavor = {
        "id": "more", "name": "more", "vcpus": 1, "ram": 512, "disk": 5,
        "OS-FLV-EXT-DATA:ephemeral": 10, "swap": 512,
    }  # fmt: skip
    assert (await rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")).status == 200
    return rig


def disks(rig: Rig) -> list[tuple[str, int]]:
    """Return name and size of the disks of the instance made last, but for its seed."""
    made = rig.world.gateway.operations("instance.create")[-1]
    return [(disk["name"], disk["size"]) for disk in made["disks"][:-1]]


async def refused(rig: Rig, *devices: dict[str, Any]) -> str:
    """Return why a server cannot be had."""
    server = {
        "name": "x", "flavorRef": "more", "imageRef": IMAGE, "networks": [{"uuid": NETWORK}],
        "block_device_mapping_v2": [ROOT, *devices],
    }  # fmt: skip
    answer = await rig.call("POST", "/servers", {"server": server}, mv="2.96")
    assert answer.status == 400, answer.body
    why: str = answer.body["badRequest"]["message"]
    return why


async def test_a_server_has_the_disks_of_its_flavor(furnished: Rig) -> None:
    rig = furnished
    await rig.know_cluster("athens", disk_template="ext", version=2)
    volume = rig.world.volumes.own()
    data = {"source_type": "volume", "destination_type": "volume", "uuid": volume}
    server = await rig.active(flavorRef="more", block_device_mapping_v2=[ROOT, data])
    names = [
        str(derived(uuid(server), *parts)) for parts in (("root",), ("local", 0), ("local", 1))
    ]
    assert disks(rig) == [
        (names[0], 5 * 1024), (names[1], 10 * 1024), (names[2], 512), (volume, 1024),
    ]  # fmt: skip
    (listed,) = (await rig.get(f"/servers/{server}/os-volume_attachments"))["volumeAttachments"]
    assert listed["device"] == "/dev/vdd"
    more = rig.world.volumes.own()
    path = f"/servers/{server}/os-volume_attachments"
    attached = await rig.call("POST", path, {"volumeAttachment": {"volumeId": more}}, mv="2.96")
    assert attached.body["volumeAttachment"]["device"] == "/dev/vde"
    shown = await rig.get(f"/servers/{server}/diagnostics", who="admin", mv="2.96")
    assert shown["num_disks"] == 5


async def test_disks_are_as_they_are_asked_for(furnished: Rig) -> None:
    rig = furnished
    asked = [BLANK | {"volume_size": 3}, BLANK | {"volume_size": 7}, SWAP | {"volume_size": 256}]
    await rig.active(flavorRef="more", block_device_mapping_v2=[ROOT, *asked])
    assert [size for _, size in disks(rig)] == [5 * 1024, 3 * 1024, 7 * 1024, 256]
    await rig.active(flavorRef="more", block_device_mapping_v2=[ROOT, BLANK, SWAP])
    assert [size for _, size in disks(rig)] == [5 * 1024, 10 * 1024, 512]
    await rig.active()
    assert [size for _, size in disks(rig)] == [20 * 1024]


async def test_more_than_the_flavor_has_is_refused(furnished: Rig) -> None:
    assert "Ephemeral disks" in await refused(furnished, BLANK | {"volume_size": 11})
    assert "Ephemeral disks" in await refused(furnished, BLANK, BLANK)
    assert "Swap drive" in await refused(furnished, SWAP | {"volume_size": 513})
    assert "More than one swap" in await refused(furnished, SWAP, SWAP)
    assert "cannot be booted" in await refused(furnished, BLANK | {"boot_index": 0})
    assert "Invalid device UUID" in await refused(furnished, BLANK | {"uuid": IMAGE})
    assert await furnished.sql("SELECT 1 FROM servers") == []
