"""Images as clients create, show and delete them."""

import hashlib
from uuid import UUID

from tests.contract.image.rig import PROJECTS, Rig

ABSENT = "11111111-1111-1111-1111-111111111111"


def no_image(image_id: str) -> dict[str, str]:
    return {
        "message": f"No image found with ID {image_id}<br /><br />\n\n\n",
        "code": "404 Not Found",
        "title": "Not Found",
    }


async def test_a_new_image_is_queued_and_shown_exactly_so(rig: Rig) -> None:
    answer = await rig.ask(
        "POST",
        "/v2/images",
        json={
            "name": "debian",
            "disk_format": "raw",
            "container_format": "bare",
            "min_disk": 2,
            "tags": ["t", "t", "u"],
            "os_distro": "debian",
        },
    )
    image = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{rig.client.base_url}/v2/images/{image['id']}".replace(
        "//v2", "/v2"
    )
    assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
    path = f"/v2/images/{image['id']}"
    moment = image["created_at"]
    assert image == {
        "os_distro": "debian",
        "id": str(UUID(image["id"])),
        "name": "debian",
        "status": "queued",
        "visibility": "shared",
        "protected": False,
        "os_hidden": False,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "owner": PROJECTS["a"],
        "size": None,
        "virtual_size": None,
        "container_format": "bare",
        "disk_format": "raw",
        "min_ram": 0,
        "min_disk": 2,
        "created_at": moment,
        "updated_at": moment,
        "tags": ["t", "u"],
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }
    assert (await rig.ask("GET", path)).content == answer.content


async def test_an_uploaded_image_is_active_and_has_both_hashes(rig: Rig) -> None:
    content = bytes(range(256)) * 20_000
    image = await rig.active(content)
    assert (image["status"], image["size"], image["virtual_size"]) == (
        "active",
        len(content),
        len(content),
    )
    assert image["checksum"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert image["os_hash_algo"] == "sha512"
    assert image["os_hash_value"] == hashlib.sha512(content).hexdigest()
    back = await rig.ask("GET", f"/v2/images/{image['id']}/file")
    assert back.content == content
    assert back.headers["Content-MD5"] == image["checksum"]
    assert back.headers["Content-Type"] == "application/octet-stream"


async def test_a_deleted_image_and_its_bytes_are_gone(rig: Rig) -> None:
    image = await rig.active()
    assert len(rig.files()) == 1
    answer = await rig.ask("DELETE", image["self"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert rig.files() == []
    again = await rig.ask("DELETE", image["self"])
    assert (again.status_code, again.json()) == (404, no_image(image["id"]))


async def test_every_change_is_told_with_the_image_as_its_owner_sees_it(rig: Rig) -> None:
    image = await rig.active()
    await rig.ask("DELETE", image["self"])
    events = await rig.events()
    assert [event["type"].removeprefix("org.cyclades.image.image.") for event in events] == [
        "created",
        "updated",
        "updated",
        "deleted",
    ]
    assert [event["data"]["document"]["status"] for event in events] == [
        "queued",
        "saving",
        "active",
        "deleted",
    ]
    assert [event["data"]["version"] for event in events] == [1, 2, 3, 4]
    assert events[2]["data"]["document"] == image
    assert events[2]["data"]["project_id"] == PROJECTS["a"]


async def test_a_name_where_an_id_should_be_is_an_unknown_image(rig: Rig) -> None:
    for image_id in ("debian", ABSENT, "1" * 35):
        answer = await rig.ask("GET", f"/v2/images/{image_id}")
        assert (answer.status_code, answer.json()) == (404, no_image(image_id))


async def test_showing_and_listing_take_one_statement_each(rig: Rig) -> None:
    image = await rig.create()
    assert await rig.statements(lambda: rig.show(image["id"])) == 1
    assert await rig.statements(rig.listed) == 1
    assert await rig.statements(lambda: rig.listed(f"?limit=5&marker={image['id']}")) == 2
