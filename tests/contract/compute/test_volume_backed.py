"""Servers whose root disk is a volume: rebuilt, rescued and imaged as Nova's clients ask for it."""

from typing import Any

from tests.integration.compute.rig import IMAGE, Rig, fresh_id

OTHER = "70a50000-0000-4000-8000-000000000002"


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
