"""Servers whose root disk is a volume: rebuilt, rescued and imaged as Nova's clients ask for it."""

from pathlib import Path
from typing import Any

import orjson

from shared.contracts.resources import ImageChanged
from tests.integration.compute.rig import (
    IMAGE,
    Rig,
    fresh_id,
    furnish,
    running_rig,
    to_head,
)
from tests.parts.postgres import MakesDatabases

OTHER = "70a50000-0000-4000-8000-000000000002"
NONSENSE = [
    "no JSON",
    "[" * 5000,
    '"text"',
    "[1]",
    '[{"boot_index": 0}]',
    '[{"boot_index": 0, "snapshot_id": "x"}]',
    '[{"boot_index": 0, "snapshot_id": 5}]',
    '[{"boot_index": "0"}]',
    '[{"boot_index": true}]',
    '[{"boot_index": 0, "source_type": "tape"}]',
    '[{"boot_index": 0, "source_type": ["x"]}]',
    '[{"boot_index": 0, "destination_type": "local"}]',
    '[{"boot_index": 0, "volume_size": 99999999999}]',
]


async def on_a_volume(rig: Rig, **volume: Any) -> tuple[str, str]:
    """Have a server that boots from a volume of an image's; return both ids."""
    given = {"size": 4, "volume_image_metadata": {"image_id": IMAGE, "stale": "1"}} | volume
    ident = rig.world.volumes.own(bootable="true", **given)
    device = {
        "source_type": "volume", "destination_type": "volume", "uuid": ident, "boot_index": 0,
    }  # fmt: skip
    return await rig.active(imageRef="", block_device_mapping_v2=[device]), ident


def another_image(rig: Rig, **fields: Any) -> None:
    """Have a second image, which compute was not told of."""
    known = rig.world.images.images[IMAGE]
    rig.world.images.images[OTHER] = known | {"id": OTHER, "name": "other"} | fields


async def act(rig: Rig, ident: str, body: Any, mv: str = "2.96") -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, mv=mv)


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


async def test_a_root_volume_is_written_anew_since_2_93(rig: Rig) -> None:
    another_image(rig, os_distro="debian")
    ident, volume = await on_a_volume(rig)
    rebuild = {"rebuild": {"imageRef": OTHER, "name": "new"}}
    early = await act(rig, ident, rebuild, mv="2.92")
    assert early.status == 400
    assert "2.93" in early.body["badRequest"]["message"]
    answer = await act(rig, ident, rebuild, mv="2.93")
    assert answer.status == 202, answer.body
    shown = answer.body["server"]
    assert (shown["status"], shown["image"], shown["name"]) == ("REBUILD", "", "new")
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    (reinstall,) = rig.world.gateway.operations("instance.reinstall")
    assert reinstall["os_parameters"]["image_id"] == OTHER
    holds = rig.world.volumes.volumes[volume]["volume_image_metadata"]
    assert (holds["image_id"], holds["image_name"], holds["os_distro"]) == (
        OTHER, "other", "debian",
    )  # fmt: skip
    assert "stale" not in holds
    assert (await rig.show(ident))["image"] == ""


async def test_an_image_larger_than_the_root_volume_is_refused(rig: Rig) -> None:
    another_image(rig, min_disk=5)
    ident, _ = await on_a_volume(rig)
    answer = await act(rig, ident, {"rebuild": {"imageRef": OTHER}})
    assert answer.status == 400
    assert "Volume is smaller" in answer.body["badRequest"]["message"]
    another_image(rig, min_ram=10**6)
    answer = await act(rig, ident, {"rebuild": {"imageRef": OTHER}})
    assert "memory is too small" in answer.body["badRequest"]["message"]
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_volume_that_is_gone_does_not_fail_the_rebuild(rig: Rig) -> None:
    ident, volume = await on_a_volume(rig)
    assert (await act(rig, ident, {"rebuild": {"imageRef": IMAGE}})).status == 202
    await rig.run_sagas()
    del rig.world.volumes.volumes[volume]
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_server_on_a_volume_is_rescued_since_2_87(rig: Rig) -> None:
    ident, _ = await on_a_volume(rig)
    early = await act(rig, ident, {"rescue": {}}, mv="2.86")
    assert early.status == 400
    assert "volume-backed" in early.body["badRequest"]["message"]
    assert (await act(rig, ident, {"rescue": {}}, mv="2.87")).status == 200
    await settled(rig)
    assert await rig.state(ident) == ("RESCUE", None)
    booted = rig.world.gateway.operations("instance.configure")[-1]["hypervisor_parameters"]
    assert f"/{IMAGE}?" in booted["cdrom_image_path"]
    assert (await act(rig, ident, {"unrescue": None})).status == 202
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_volume_of_no_image_needs_one_to_be_named(rig: Rig) -> None:
    ident, volume = await on_a_volume(rig, volume_image_metadata={})
    for _ in range(2):
        answer = await act(rig, ident, {"rescue": {}})
        assert answer.status == 400
        assert "rescue_image_ref" in answer.body["badRequest"]["message"]
        rig.world.volumes.volumes.pop(volume, None)
    assert (await act(rig, ident, {"rescue": {"rescue_image_ref": fresh_id()}})).status == 400
    assert (await act(rig, ident, {"rescue": {"rescue_image_ref": IMAGE}})).status == 200


def images_of(rig: Rig) -> list[dict[str, Any]]:
    """Return the images that were made."""
    return [image for ident, image in rig.world.images.images.items() if ident != IMAGE]


async def test_an_image_of_volumes_is_snapshots_of_each(rig: Rig) -> None:
    ident, root = await on_a_volume(rig)
    data = rig.world.volumes.own(size=7)
    attach = {"volumeAttachment": {"volumeId": data}}
    path = f"/servers/{ident}/os-volume_attachments"
    assert (await rig.call("POST", path, attach, mv="2.96")).status == 200
    await settled(rig)
    rig.world.volumes.snapshots_as = "creating"
    answer = await act(rig, ident, {"createImage": {"name": "snap", "metadata": {"a": "b"}}})
    assert answer.status == 202, answer.body
    assert await rig.state(ident) == ("ACTIVE", "image_snapshot")
    await rig.run_sagas()
    (image,) = images_of(rig)
    assert (image["status"], image["min_disk"], image["a"]) == ("queued", 0, "b")
    for snapshot in rig.world.volumes.snapshots.values():
        snapshot["status"] = "available"
    await rig.wake()
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    (image,) = images_of(rig)
    assert (image["status"], image["id"]) == ("active", answer.body["image_id"])
    snapshots = rig.world.volumes.snapshots
    assert {each["name"] for each in snapshots.values()} == {"snapshot for snap"}
    first, second = orjson.loads(image["block_device_mapping"])
    assert [snapshots[each["snapshot_id"]]["volume_id"] for each in (first, second)] == [root, data]
    assert (first["boot_index"], first["device_name"]) == (0, "/dev/vda")
    assert (image["bdm_v2"], image["root_device_name"]) == ("True", "/dev/vda")
    assert rig.world.gateway.operations("instance.export") == []


async def test_a_server_of_an_image_of_volumes_gets_volumes_of_its_own(rig: Rig) -> None:
    ident, root = await on_a_volume(rig)
    await act(rig, ident, {"createImage": {"name": "snap"}})
    await settled(rig)
    (image,) = images_of(rig)
    blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 2}
    local = {
        "source_type": "image", "destination_type": "local", "uuid": image["id"], "boot_index": 0,
    }  # fmt: skip
    image |= {"visibility": "private", "owner": "d" * 32}
    await rig.hear(ImageChanged(id=image["id"], project_id="d" * 32, version=1, document=image))
    second = await rig.active(imageRef=image["id"], block_device_mapping_v2=[local, blank])
    shown = await rig.show(second)
    assert shown["image"] == ""
    first, other = (
        rig.world.volumes.volumes[each["id"]]
        for each in shown["os-extended-volumes:volumes_attached"]
    )
    (snapshot,) = rig.world.volumes.snapshots
    assert (first["snapshot_id"], first["size"], other["size"]) == (snapshot, 4, 2)
    assert root not in {first["id"], other["id"]}
    listed = (await rig.get(f"/servers/{second}/os-volume_attachments"))["volumeAttachments"]
    assert [each["device"] for each in listed] == ["/dev/vda", "/dev/vdb"]


async def test_an_image_whose_mapping_is_nonsense_is_refused(rig: Rig) -> None:
    for mapping in NONSENSE:
        another_image(rig, block_device_mapping=mapping)
        body = {"name": "x", "flavorRef": "1", "imageRef": OTHER, "networks": "none"}
        answer = await rig.call("POST", "/servers", {"server": body}, mv="2.96")
        assert answer.status == 400, mapping
        assert "Block Device Mapping" in answer.body["badRequest"]["message"]


async def test_snapshots_that_cannot_be_had_leave_no_image(rig: Rig) -> None:
    ident, _ = await on_a_volume(rig)
    rig.world.volumes.no_more_snapshots = True
    assert (await act(rig, ident, {"createImage": {"name": "snap"}})).status == 202
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert images_of(rig) == []
    rig.world.volumes.no_more_snapshots = False
    rig.world.volumes.snapshots_as = "error"
    await act(rig, ident, {"createImage": {"name": "snap"}})
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert (images_of(rig), rig.world.volumes.snapshots) == ([], {})


async def test_an_image_deleted_meanwhile_takes_its_snapshots_along(rig: Rig) -> None:
    ident, _ = await on_a_volume(rig)
    rig.world.volumes.snapshots_as = "creating"
    await act(rig, ident, {"createImage": {"name": "snap"}})
    await rig.run_sagas()
    del rig.world.images.images[images_of(rig)[0]["id"]]
    for snapshot in rig.world.volumes.snapshots.values():
        snapshot["status"] = "available"
    await rig.wake()
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert rig.world.volumes.snapshots == {}


async def test_backups_and_volumes_without_snapshots_are_refused(rig: Rig) -> None:
    ident, _ = await on_a_volume(rig)
    backup = {"createBackup": {"name": "x", "backup_type": "daily", "rotation": 1}}
    answer = await act(rig, ident, backup)
    assert (answer.status, answer.body["badRequest"]["message"]) == (
        400,
        "Backup is not supported for volume-backed instances.",
    )
    await rig.sql("UPDATE servers SET volumes = jsonb_set(volumes, '{0,driver}', '\"native\"')")
    answer = await act(rig, ident, {"createImage": {"name": "snap"}})
    assert answer.status == 400
    assert "Snapshots are not supported" in answer.body["badRequest"]["message"]
    assert images_of(rig) == []


async def test_a_server_deleted_meanwhile_takes_the_image_along(rig: Rig) -> None:
    ident, _ = await on_a_volume(rig)
    rig.world.volumes.snapshots_as = "creating"
    await act(rig, ident, {"createImage": {"name": "snap"}})
    await rig.run_sagas()
    (snapshot,) = rig.world.volumes.snapshots.values()
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    await settled(rig)
    snapshot["status"] = "available"
    await rig.wake()
    await settled(rig)
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404
    assert (images_of(rig), rig.world.volumes.snapshots) == ([], {})


async def test_an_image_of_volumes_is_not_written_on_a_disk(rig: Rig) -> None:
    another_image(rig, block_device_mapping="[]", size=0)
    ident = await rig.active()
    for body in ({"rebuild": {"imageRef": OTHER}}, {"rescue": {"rescue_image_ref": OTHER}}):
        answer = await act(rig, ident, body)
        assert answer.status == 400, body
        assert "names snapshots" in answer.body["badRequest"]["message"]
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_policy_may_forbid_images_of_servers_on_volumes(
    migrated_database: MakesDatabases, tmp_path: Path
) -> None:
    overrides = tmp_path / "policy.yaml"
    overrides.write_text("os_compute_api:servers:create_image:allow_volume_backed: role:admin\n")
    url = migrated_database("compute", to_head)
    async with running_rig(url, policy_file=overrides) as rig:
        await furnish(rig)
        await rig.know_cluster()
        ident, _ = await on_a_volume(rig)
        answer = await act(rig, ident, {"createImage": {"name": "snap"}})
        assert answer.status == 403
        assert "allow_volume_backed" in answer.body["forbidden"]["message"]
        plain = await rig.active()
        assert (await act(rig, plain, {"createImage": {"name": "snap"}})).status == 202
