"""Images and backups of servers, as Nova's clients make them."""

from typing import Any

from shared.contracts.ganeti import Failure, JobStatus
from shared.contracts.resources import ImageChanged
from tests.integration.compute.rig import IMAGE, Rig, fresh_id


async def make(rig: Rig, ident: str, mv: str = "2.1", **given: Any) -> Any:
    """Ask for an image."""
    body = {"createImage": {"name": "snap"} | given}
    return await rig.call("POST", f"/servers/{ident}/action", body, mv=mv)


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


def made(rig: Rig) -> list[dict[str, Any]]:
    """Return the images that were made."""
    return [image for ident, image in rig.world.images.images.items() if ident != IMAGE]


async def test_an_image_is_recorded_at_once_and_sent_by_an_export(rig: Rig) -> None:
    ident = await rig.active()
    answer = await make(rig, ident, metadata={"a": "b", "image_type": "mine"})
    assert (answer.status, answer.body) == (202, None)
    (image,) = made(rig)
    assert answer.headers["Location"].endswith(f"/images/{image['id']}")
    wanted = {
        "name": "snap", "status": "queued", "a": "b", "image_type": "mine",
        "instance_uuid": ident, "base_image_ref": IMAGE, "min_disk": 20, "disk_format": "qcow2",
        "container_format": "bare", "visibility": "private", "owner": "d" * 32,
    }  # fmt: skip
    assert wanted.items() <= image.items()
    assert await rig.state(ident) == ("ACTIVE", "image_snapshot")
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    told, export, forgotten = rig.world.gateway.operations()[1:]
    assert told["os_private"]["upload_url"].startswith(f"http://images/{image['id']}/upload")
    assert told["os_parameters"] == {"upload_format": "qcow2"}
    assert export["operation"] == "instance.export"
    assert forgotten["os_private"] == {"upload_url": ""}


async def test_the_id_is_answered_since_2_45(rig: Rig) -> None:
    ident = await rig.active()
    answer = await make(rig, ident, mv="2.45")
    assert answer.status == 202
    assert answer.body == {"image_id": made(rig)[0]["id"]}
    assert "Location" not in answer.headers


async def test_a_failure_takes_the_record_back(rig: Rig) -> None:
    ident = await rig.active()
    rig.world.images.arrive = False
    await make(rig, ident)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert made(rig) == []
    await make(rig, ident)
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert made(rig) == []


async def test_an_image_deleted_while_it_is_sent_harms_nothing(rig: Rig) -> None:
    ident = await rig.active()
    await make(rig, ident)
    await rig.run_sagas()
    rig.world.images.images.pop(made(rig)[0]["id"])
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_what_cannot_be_is_refused_and_leaves_no_record(rig: Rig) -> None:
    ident = await rig.active()
    given: dict[str, Any]
    for given in (
        {"name": ""},
        {"name": "x" * 256},
        {"name": None},
        {"x": 1},
        {"metadata": {"": ""}},
        {"metadata": {"a": 1}},
        {"metadata": []},
    ):
        assert (await make(rig, ident, **given)).status == 400, given
    many = {f"k{at}": "v" for at in range(129)}
    assert (await make(rig, ident, metadata=many)).status == 403
    assert made(rig) == []
    assert (await make(rig, ident)).status == 202
    busy = await make(rig, ident)
    assert busy.body["conflictingRequest"]["message"] == (
        f"Cannot 'createImage' instance {ident} while it is in task_state image_snapshot"
    )
    assert len(made(rig)) == 1


async def test_a_project_full_of_images_gets_no_more(rig: Rig) -> None:
    ident = await rig.active()
    rig.world.images.full = True
    assert (await make(rig, ident)).status == 403
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_backups_rotate(rig: Rig) -> None:
    ident = await rig.active()
    for name in ("one", "two", "three"):
        body = {"createBackup": {"name": name, "backup_type": "daily", "rotation": 2}}
        answer = await rig.call("POST", f"/servers/{ident}/action", body, mv="2.45")
        assert answer.status == 202
        assert await rig.state(ident) == ("ACTIVE", "image_backup")
        await settled(rig)
    assert [(each["name"], each["backup_type"]) for each in made(rig)] == [
        ("two", "daily"),
        ("three", "daily"),
    ]
    for wrong in ({"rotation": -1}, {"rotation": "x"}, {"backup_type": 1}, {"name": ""}):
        given = {"name": "x", "backup_type": "daily", "rotation": 1} | wrong
        answer = await rig.call("POST", f"/servers/{ident}/action", {"createBackup": given})
        assert answer.status == 400, wrong


async def test_a_server_is_free_as_soon_as_its_image_is_there(rig: Rig) -> None:
    ident = await rig.active()
    await make(rig, ident)
    await rig.run_sagas()
    (image,) = made(rig)

    async def told(version: int, ident: str, **fields: Any) -> None:
        document = image | {"id": ident, "status": "active"} | fields
        await rig.hear(
            ImageChanged(id=ident, project_id="d" * 32, version=version, document=document)
        )

    await told(1, fresh_id())  # somebody else's, that only says so
    await told(1, image["id"], status="saving")
    assert (await rig.state(ident))[1] is not None
    await rig.hear_job(2, JobStatus.SUCCESS)  # Ganeti knows where to; now it exports
    await rig.run_sagas()
    await told(2, image["id"])
    assert await rig.state(ident) == ("ACTIVE", None)
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    kinds = [each["operation"] for each in rig.world.gateway.operations()][1:]
    assert kinds == ["instance.configure", "instance.export", "instance.configure"]
    await make(rig, ident)
    await rig.run_sagas()
    await told(1, made(rig)[-1]["id"])
    assert (await rig.act(ident, **{"os-stop": None})).status == 202
    await settled(rig)
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_a_server_deleted_meanwhile_takes_its_unfinished_image_along(rig: Rig) -> None:
    for arrives, left in ((False, 0), (True, 1)):
        rig.world.images.arrive = arrives
        ident = await rig.active()
        await make(rig, ident)
        await rig.run_sagas()
        assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
        await settled(rig)
        assert (await rig.call("GET", f"/servers/{ident}")).status == 404
        assert len(made(rig)) == left
