"""Volumes that hold something: from images, snapshots and volumes, by a real storage agent."""

from typing import Any

import pytest

from shared.contracts.resources import ImageChanged
from tests.integration.volume.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_volume_from_an_image_holds_it_and_can_be_booted(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have(b"root disk")
    made = await rig.make(imageRef=image["id"])
    assert made["status"] == "creating"
    await rig.settle()
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["bootable"]) == ("available", "true")
    assert shown["availability_zone"] == "az-athens"
    assert shown["volume_image_metadata"]["image_id"] == image["id"]
    assert shown["volume_image_metadata"]["os_distro"] == "debian"
    assert rig.world.agent().content(made["id"], 9) == b"root disk"


async def test_it_is_seen_to_be_downloaded(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have()
    rig.world.agent().refusing["PUT", "volumes"] = (503, "later")
    made = await rig.make(imageRef=image["id"])
    await rig.run_sagas()
    assert await rig.status(made["id"]) == "downloading"
    rig.world.agent().refusing.clear()
    await rig.sql("UPDATE sagas SET wake_at = now() WHERE ended_at IS NULL")
    await rig.settle()
    assert await rig.status(made["id"]) == "available"


async def test_an_image_known_from_events_is_asked_after_nowhere(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have()
    fact = ImageChanged(
        verb="updated", id=image["id"], project_id=image["owner"], version=1, document=image
    )
    await rig.hear(fact)
    before = rig.world.calls
    await rig.make(imageRef=image["id"])
    assert rig.world.calls == before


@pytest.mark.parametrize(
    ("fields", "size", "sentence"),
    [
        ({"status": "deactivated"}, 1, "is not active"),
        ({"disk_format": "vmdk"}, 1, "unacceptable"),
        ({"min_disk": 3}, 2, "cannot be smaller than the image"),
        ({"virtual_size": 2**31}, 1, "cannot be smaller than the image"),
    ],
)
async def test_an_image_that_will_not_do_is_refused_at_once(
    rig: Rig, fields: dict[str, Any], size: int, sentence: str
) -> None:
    await rig.know_cluster()
    image = rig.world.images.have(**fields)
    before = await rig.everything()
    body = {"volume": {"size": size, "imageRef": image["id"]}}
    answer = await rig.call("POST", "/volumes", body, at="3.70")
    assert answer.status == 400
    assert sentence in answer.fault
    assert await rig.everything() == before


async def test_an_image_that_is_gone_meanwhile_leaves_an_error_and_a_message(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have()
    made = await rig.make(imageRef=image["id"])
    rig.world.images.images.clear()
    await rig.settle()
    assert await rig.status(made["id"]) == "error"
    assert rig.world.agent().volumes() == set()
    (message,) = await rig.messages()
    assert (message["resource_uuid"], message["event_id"]) == (made["id"], "VOLUME_VOLUME_005_001")
    assert "could not be used" in message["user_message"]
    assert (await rig.call("DELETE", f"/volumes/{made['id']}")).status == 202
    assert (await rig.call("GET", f"/volumes/{made['id']}")).status == 404


async def test_without_a_cluster_a_volume_with_content_is_in_error_and_says_why(rig: Rig) -> None:
    image = rig.world.images.have()
    made = await rig.make(imageRef=image["id"])
    assert made["status"] == "error"
    (message,) = await rig.messages()
    assert "No storage was found" in message["user_message"]


async def test_a_blank_volume_uses_no_storage_until_it_is_needed(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    assert (made["status"], made["availability_zone"]) == ("available", "nova")
    assert rig.world.agent().volumes() == set()


async def test_a_snapshot_of_a_blank_volume_gives_it_storage(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    taken = await rig.snapshot(made["id"], name="s", metadata={"k": "v"})
    assert (taken["status"], taken["size"], taken["name"]) == ("available", 1, "s")
    assert taken["os-extended-snapshot-attributes:progress"] == "100%"
    assert rig.world.agent().volumes() == {made["id"]}
    assert rig.world.agent().snapshots() == {taken["id"]}
    assert (await rig.show(made["id"]))["availability_zone"] == "az-athens"


async def test_a_volume_from_a_snapshot_holds_what_the_volume_held(rig: Rig) -> None:
    await rig.know_cluster()
    image = rig.world.images.have(b"before")
    made = await rig.made(imageRef=image["id"])
    taken = await rig.snapshot(made["id"])
    rig.world.agent().write(made["id"], b"after!")
    copy = await rig.made(size=None, snapshot_id=taken["id"])
    assert (copy["status"], copy["size"], copy["snapshot_id"]) == ("available", 1, taken["id"])
    assert (copy["bootable"], copy["volume_image_metadata"]["image_id"]) == ("true", image["id"])
    assert rig.world.agent().content(copy["id"], 6) == b"before"
    larger = await rig.made(size=2, snapshot_id=taken["id"])
    assert (larger["status"], larger["size"]) == ("available", 2)


async def test_a_clone_holds_what_the_volume_holds(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"content")["id"])
    copy = await rig.made(size=None, source_volid=made["id"])
    assert (copy["status"], copy["source_volid"]) == ("available", made["id"])
    assert rig.world.agent().content(copy["id"], 7) == b"content"


async def test_a_clone_of_a_blank_volume_is_blank(rig: Rig) -> None:
    made = await rig.made(size=2)
    copy = await rig.made(size=3, source_volid=made["id"])
    assert (copy["status"], copy["size"], copy["source_volid"]) == ("available", 3, made["id"])


@pytest.mark.parametrize("kind", ["snapshot_id", "source_volid"])
async def test_a_copy_is_never_smaller(rig: Rig, kind: str) -> None:
    await rig.know_cluster()
    made = await rig.made(size=2)
    taken = await rig.snapshot(made["id"])
    origin = taken["id"] if kind == "snapshot_id" else made["id"]
    body = {"volume": {"size": 1, kind: origin}}
    answer = await rig.call("POST", "/volumes", body, at="3.70")
    assert (answer.status, "must be >= original" in answer.fault) == (400, True)


@pytest.mark.parametrize("kind", ["snapshot_id", "source_volid"])
async def test_other_projects_have_nothing_to_copy_from(rig: Rig, kind: str) -> None:
    await rig.know_cluster()
    made = await rig.made()
    taken = await rig.snapshot(made["id"])
    origin = taken["id"] if kind == "snapshot_id" else made["id"]
    body = {"volume": {"size": 1, kind: origin}}
    answer = await rig.call("POST", "/volumes", body, at="3.70", who="other")
    assert answer.status == 404


async def test_a_volume_that_holds_something_grows_by_the_agent(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have()["id"])
    answer = await rig.act(made["id"], "os-extend", {"new_size": 3})
    assert answer.status == 202
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["size"]) == ("extending", 1)
    await rig.settle()
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["size"]) == ("available", 3)
    assert rig.world.agent().directory.volumes.need(made["id"])["size"] == 3 * 1024


async def test_what_cannot_grow_is_in_error_and_gives_its_quota_back(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have()["id"])
    rig.world.agent().refusing["PUT", "volumes"] = (409, "the disk is full")
    await rig.act(made["id"], "os-extend", {"new_size": 3})
    used = (await rig.get("/limits"))["limits"]["absolute"]["totalGigabytesUsed"]
    await rig.settle()
    shown = await rig.show(made["id"])
    assert (shown["status"], shown["size"]) == ("error_extending", 1)
    left = (await rig.get("/limits"))["limits"]["absolute"]["totalGigabytesUsed"]
    assert (used, left) == (3, 1)
    assert "the disk is full" in (await rig.messages())[0]["user_message"]


async def test_a_volume_with_snapshots_stays_unless_they_go_along(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    taken = await rig.snapshot(made["id"])
    path = f"/volumes/{made['id']}"
    refused = await rig.call("DELETE", path)
    assert (refused.status, "have snapshots" in refused.fault) == (400, True)
    assert (await rig.call("DELETE", f"{path}?cascade=True")).status == 202
    assert await rig.status(made["id"]) == "deleting"
    await rig.settle()
    assert (await rig.call("GET", path)).status == 404
    assert (await rig.call("GET", f"/snapshots/{taken['id']}")).status == 404
    assert (rig.world.agent().volumes(), rig.world.agent().snapshots()) == (set(), set())


async def test_a_snapshot_is_dropped_and_its_copies_stay(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    taken = await rig.snapshot(made["id"])
    copy = await rig.made(snapshot_id=taken["id"])
    assert (await rig.call("DELETE", f"/snapshots/{taken['id']}")).status == 202
    await rig.settle()
    assert (await rig.call("GET", f"/snapshots/{taken['id']}")).status == 404
    assert rig.world.agent().snapshots() == set()
    assert rig.world.agent().volumes() == {made["id"], copy["id"]}


async def test_what_cannot_be_deleted_is_in_error_and_says_why(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have()["id"])
    rig.world.agent().refusing["DELETE", "volumes"] = (409, "mapped")
    await rig.call("DELETE", f"/volumes/{made['id']}")
    await rig.run_sagas()
    assert await rig.status(made["id"]) == "deleting"
    await rig.sql(
        "UPDATE sagas SET wake_at = now(), notes = notes || '{\"until\": 0}' WHERE ended_at IS NULL"
    )
    await rig.run_sagas()
    assert await rig.status(made["id"]) == "error_deleting"
    assert "still uses the volume" in (await rig.messages())[0]["user_message"]


async def test_a_volume_goes_back_to_its_latest_snapshot_only(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"before")["id"])
    first, latest = await rig.snapshot(made["id"]), await rig.snapshot(made["id"])
    rig.world.agent().write(made["id"], b"after!")
    refused = await rig.act(made["id"], "revert", {"snapshot_id": first["id"]}, at="3.40")
    assert (refused.status, "not the latest" in refused.fault) == (400, True)
    answer = await rig.act(made["id"], "revert", {"snapshot_id": latest["id"]}, at="3.40")
    assert answer.status == 202
    assert await rig.status(made["id"]) == "reverting"
    await rig.settle()
    assert await rig.status(made["id"]) == "available"
    assert rig.world.agent().content(made["id"], 6) == b"before"


async def test_reverting_is_unknown_before_3_40(rig: Rig) -> None:
    made = await rig.made()
    refused = await rig.act(made["id"], "revert", {"snapshot_id": made["id"]}, at="3.39")
    assert (refused.status, refused.fault) == (400, "There is no such action: revert")


async def test_an_image_can_be_written_over_a_volume(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"old")["id"])
    image = rig.world.images.have(b"new")
    answer = await rig.act(made["id"], "os-reimage", {"image_id": image["id"]}, at="3.68")
    assert answer.status == 202
    await rig.settle()
    shown = await rig.show(made["id"])
    assert shown["status"] == "available"
    assert shown["volume_image_metadata"]["image_id"] == image["id"]
    assert rig.world.agent().content(made["id"], 3) == b"new"


async def test_an_image_is_made_of_a_volume(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"content")["id"])
    wish = {"image_name": "copy", "disk_format": "raw", "container_format": "bare"}
    answer = await rig.act(made["id"], "os-volume_upload_image", wish)
    assert answer.status == 202
    told = answer.body["os-volume_upload_image"]
    assert (told["status"], told["image_name"], told["size"]) == ("uploading", "copy", 1)
    assert rig.world.images.images[told["image_id"]]["status"] == "queued"
    await rig.settle()
    assert await rig.status(made["id"]) == "available"
    assert rig.world.images.images[told["image_id"]]["status"] == "active"
    assert rig.world.images.content[told["image_id"]].startswith(b"content")


async def test_an_image_that_takes_nothing_is_dropped_and_the_volume_is_as_before(
    rig: Rig,
) -> None:
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"content")["id"])
    rig.world.agent().refusing["PUT", "uploads"] = (409, "no")
    answer = await rig.act(made["id"], "os-volume_upload_image", {"image_name": "copy"})
    await rig.settle()
    assert await rig.status(made["id"]) == "available"
    assert answer.body["os-volume_upload_image"]["image_id"] not in rig.world.images.images
    assert (await rig.messages())[0]["event_id"] == "VOLUME_VOLUME_003_001"


async def test_native_volumes_have_no_snapshots_and_say_so(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made(volume_type="native")
    body = {"snapshot": {"volume_id": made["id"]}}
    before = await rig.everything()
    refused = await rig.call("POST", "/snapshots", body)
    assert refused.status == 400
    assert refused.fault.startswith("Snapshots are not supported by volume type native")
    assert await rig.everything() == before


async def test_snapshots_count_in_the_projects_limits(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    await rig.limit(snapshots=1)
    await rig.snapshot(made["id"])
    refused = await rig.call("POST", "/snapshots", {"snapshot": {"volume_id": made["id"]}})
    assert (refused.status, refused.fault.startswith("SnapshotLimitExceeded")) == (413, True)
    await rig.limit(snapshots=-1, gigabytes=2)
    refused = await rig.call("POST", "/snapshots", {"snapshot": {"volume_id": made["id"]}})
    assert (refused.status, "gigabytes quota" in refused.fault) == (413, True)


async def test_volumes_go_to_the_zone_they_are_asked_for_in(rig: Rig) -> None:
    await rig.know_cluster("athens")
    await rig.know_cluster("berlin")
    image = rig.world.images.have()
    made = await rig.made(imageRef=image["id"], availability_zone="az-berlin")
    assert (made["status"], made["availability_zone"]) == ("available", "az-berlin")
    assert rig.world.agent("berlin").volumes() == {made["id"]}
    body = {"volume": {"size": 1, "availability_zone": "az-none"}}
    refused = await rig.call("POST", "/volumes", body)
    assert (refused.status, "'az-none' is invalid" in refused.fault) == (400, True)
    taken = await rig.snapshot(made["id"])
    body = {"volume": {"snapshot_id": taken["id"], "availability_zone": "az-athens"}}
    refused = await rig.call("POST", "/volumes", body)
    assert (refused.status, "'az-athens' is invalid" in refused.fault) == (400, True)
