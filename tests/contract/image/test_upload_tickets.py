"""Signed addresses that take an image's bytes once: how nodes and storage agents make images."""

import hashlib
from urllib.parse import urlsplit

import pytest

from shared.ids import ImageId
from tests.contract.image.rig import Json, Rig
from tests.contract.image.test_image_data import qcow2

CONTENT = bytes(range(256)) * 40


async def ticket(rig: Rig, image_id: str, **wanted: str) -> str:
    """Return the path a node sends the image's bytes to."""
    answer = await rig.ask(
        "POST",
        f"/internal/v1/images/{image_id}/upload-tickets",
        "glance",
        json={"disk_format": "raw", **wanted},
    )
    assert answer.status_code == 200, answer.text
    url = urlsplit(answer.json()["url"])
    return f"{url.path}?{url.query}"


async def snapshot(rig: Rig) -> Json:
    """Create an image for project a, as a service does, still without a format."""
    owner = (await rig.create())["owner"]
    members = {"owner": owner, "name": "snap", "image_type": "snapshot"}
    answer = await rig.ask("POST", "/v2/images", "glance", json=members)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def test_a_node_sends_an_image_with_nothing_but_its_address(rig: Rig) -> None:
    image = await snapshot(rig)
    path = await ticket(rig, image["id"], disk_format="qcow2")
    queued = await rig.show(image["id"])
    assert (queued["disk_format"], queued["container_format"]) == ("qcow2", "bare")
    content = qcow2()
    sent = await rig.client.put(path, content=content)
    assert (sent.status_code, sent.content) == (204, b"")
    shown = await rig.show(image["id"])
    assert (shown["status"], shown["image_type"]) == ("active", "snapshot")
    assert shown["os_hash_value"] == hashlib.sha512(content).hexdigest()
    assert shown["virtual_size"] == 2**30


async def test_an_address_takes_bytes_once(rig: Rig) -> None:
    image = await snapshot(rig)
    path = await ticket(rig, image["id"])
    assert (await rig.client.put(path, content=CONTENT)).status_code == 204
    assert (await rig.client.put(path, content=b"other")).status_code == 409
    assert (await rig.ask("GET", image["file"])).content == CONTENT
    answer = await rig.ask(
        "POST",
        f"/internal/v1/images/{image['id']}/upload-tickets",
        "glance",
        json={"disk_format": "raw"},
    )
    assert answer.status_code == 409


@pytest.mark.parametrize(("on_failure", "status"), [("queue", 200), ("delete", 404)])
async def test_after_a_failure_the_image_is_what_was_asked_for(
    rig: Rig, on_failure: str, status: int
) -> None:
    image = await snapshot(rig)
    path = await ticket(rig, image["id"], on_failure=on_failure)
    assert (await rig.client.put(path, content=qcow2())).status_code == 415
    assert (await rig.ask("GET", image["self"])).status_code == status
    assert rig.files() == []
    verbs = [event["type"].split(".")[-1] for event in await rig.events()]
    assert verbs[-1] == {"queue": "updated", "delete": "deleted"}[on_failure]
    again = await rig.client.put(path, content=CONTENT)
    assert again.status_code == {"queue": 204, "delete": 403}[on_failure]


async def test_a_protected_image_is_queued_again_whatever_was_asked(rig: Rig) -> None:
    image = await rig.create(protected=True)
    path = await ticket(rig, image["id"], on_failure="delete")
    assert (await rig.client.put(path, content=qcow2())).status_code == 415
    assert (await rig.show(image["id"]))["status"] == "queued"


async def test_an_address_is_for_one_image_one_purpose_and_one_time(rig: Rig) -> None:
    image, other = await snapshot(rig), await snapshot(rig)
    path = await ticket(rig, image["id"])
    reading = rig.deps.signer.sign(ImageId(image["id"]), "queue", 2_000_000_000)
    late = rig.deps.upload_signer.sign(ImageId(image["id"]), "queue", 1_000_000_000)
    base = f"/internal/v1/uploads/{image['id']}"
    for forged in (
        base,
        path.replace(image["id"], other["id"]),
        path.replace("fail=queue", "fail=delete"),
        path.replace("/uploads/", "/data/"),
        f"{base}?fail=queue&exp=2000000000&sig={reading}",
        f"{base}?fail=queue&exp=1000000000&sig={late}",
        "/internal/v1/uploads/none?fail=queue&exp=1&sig=a",
    ):
        answer = await rig.client.put(forged, content=CONTENT)
        assert answer.status_code in {403, 405}, forged
    assert (await rig.show(image["id"]))["status"] == "queued"


async def test_only_services_get_addresses_to_send_to(rig: Rig) -> None:
    image = await rig.create()
    path = f"/internal/v1/images/{image['id']}/upload-tickets"
    for user in ("a", "b", "admin"):
        answer = await rig.ask("POST", path, user, json={"disk_format": "raw"})
        assert answer.status_code == 403
    for body in ({}, {"disk_format": "vmdk"}, {"disk_format": "raw", "on_failure": "cry"}):
        assert (await rig.ask("POST", path, "glance", json=body)).status_code == 400
    missing = path.replace(image["id"], "11111111-1111-1111-1111-111111111111")
    body = {"disk_format": "raw"}
    assert (await rig.ask("POST", missing, "glance", json=body)).status_code == 404


async def test_services_delete_images_they_made(rig: Rig) -> None:
    image = await snapshot(rig)
    assert (await rig.ask("DELETE", image["self"], "glance")).status_code == 204
    assert (await rig.ask("GET", image["self"])).status_code == 404
