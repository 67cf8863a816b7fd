"""Images as Nova showed them until 2.35."""

from tests.integration.compute.rig import IMAGE, Rig, fresh_id


async def test_images_are_shown_and_deleted_through_nova(rig: Rig) -> None:
    times = {"created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:05:05Z"}
    image = rig.world.images.images[IMAGE]
    image |= times | {"os_distro": "debian", "instance_uuid": IMAGE, "image_type": "snapshot"}
    shown = (await rig.get(f"/images/{IMAGE}"))["image"]
    wanted = {
        "id": IMAGE, "name": "debian", "status": "ACTIVE", "progress": 100, "minDisk": 2,
        "minRam": 0, "OS-EXT-IMG-SIZE:size": 1024, "created": times["created_at"],
    }  # fmt: skip
    assert wanted.items() <= shown.items()
    assert shown["metadata"] == {
        "os_distro": "debian", "instance_uuid": IMAGE, "image_type": "snapshot",
    }  # fmt: skip
    assert shown["server"]["id"] == IMAGE
    assert [each["rel"] for each in shown["links"]] == ["self", "bookmark", "alternate"]
    assert (await rig.get("/images/detail"))["images"] == [shown]
    (named,) = (await rig.get("/images?limit=1"))["images"]
    assert set(named) == {"id", "name", "links"}
    assert (await rig.call("DELETE", f"/images/{IMAGE}")).status == 204
    assert (await rig.call("DELETE", f"/images/{IMAGE}")).status == 404


async def test_they_are_gone_since_2_36(rig: Rig) -> None:
    for path in ("", "/detail", f"/{IMAGE}"):
        assert (await rig.call("GET", f"/images{path}", mv="2.36")).status == 404
    assert (await rig.call("DELETE", f"/images/{IMAGE}", mv="2.36")).status == 404
    for ident in (fresh_id(), "x", "x" * 300):
        assert (await rig.call("GET", f"/images/{ident}")).status == 404
        assert (await rig.call("DELETE", f"/images/{ident}")).status == 404
