"""Images staged and imported: asked for at once, done by a saga, followed by a task."""

import hashlib
from typing import Any

import pytest

from tests.contract.image.conftest import MakesRigs
from tests.contract.image.importing import (
    CONTENT,
    ask_import,
    stage,
    tasks,
)
from tests.contract.image.rig import Rig


async def test_staged_bytes_become_the_image(rig: Rig) -> None:
    image = await rig.create()
    await stage(rig, image["id"])
    staged = await rig.show(image["id"])
    assert (staged["status"], staged["size"], staged["checksum"]) == ("uploading", 10240, None)
    asked = await ask_import(rig, image["id"], "glance-direct", all_stores=True)
    assert (asked.status_code, asked.content) == (202, b"")
    importing = await rig.show(image["id"])
    (task,) = await tasks(rig, image["id"])
    assert (importing["status"], importing["os_glance_import_task"]) == ("importing", task["id"])
    assert (task["status"], task["request_id"]) == (
        "pending",
        asked.headers["X-Openstack-Request-Id"],
    )
    assert task["input"]["import_req"] == {"method": {"name": "glance-direct"}, "all_stores": True}
    await rig.run_sagas()
    shown = await rig.show(image["id"])
    assert (shown["status"], shown["virtual_size"]) == ("active", len(CONTENT))
    assert shown["os_hash_value"] == hashlib.sha512(CONTENT).hexdigest()
    assert "os_glance_import_task" not in shown
    assert (await rig.ask("GET", image["file"])).content == CONTENT
    (done,) = await tasks(rig, image["id"])
    assert (done["status"], done["result"]) == ("success", {"image_id": image["id"]})
    assert done["expires_at"]


async def test_staging_has_its_own_quota(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_stage_total": 1}) as rig:
        first, second = await rig.create(), await rig.create()
        await stage(rig, first["id"], b"x" * 1024 * 1024)
        headers = {"Content-Type": "application/octet-stream"}
        full = await rig.ask(
            "PUT", f"/v2/images/{second['id']}/stage", content=b"y", headers=headers
        )
        assert full.status_code == 413
        assert "Resource image_stage_total is over limit of 1" in full.json()["message"]
        usage = (await rig.ask("GET", "/v2/info/usage")).json()["usage"]
        assert usage["image_stage_total"] == {"limit": 1, "usage": 1}
        assert usage["image_count_uploading"] == {"limit": -1, "usage": 1}
        await rig.ask("DELETE", first["self"])
        assert rig.files() == []
        await stage(rig, second["id"], b"y")


async def test_an_import_needs_an_image_in_the_right_state(rig: Rig) -> None:
    image = await rig.create()
    web_method = {"name": "web-download", "uri": "http://example.org/"}
    for method, made, message in (
        ("glance-direct", image, "Image needs to be staged before 'glance-direct' method can be"),
        (web_method, await rig.active(), "Image with status active cannot be target for import"),
        (web_method, await rig.create(disk_format=None), "'disk_format' needs to be set before"),
        (web_method, await rig.create(container_format=None), "'container_format' needs to be"),
    ):
        answer = await ask_import(rig, made["id"], method)
        assert (answer.status_code, answer.json()["message"][: len(message)]) == (409, message)
    await stage(rig, image["id"])
    answer = await ask_import(rig, image["id"], web_method)
    assert answer.status_code == 409
    assert (await rig.upload(image["id"], b"x")).status_code == 409
    assert (await ask_import(rig, image["id"], "glance-direct")).status_code == 202
    assert (await ask_import(rig, image["id"], "glance-direct")).status_code == 409


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Import request requires a 'method' field."),
        ({"method": {}}, "Import request requires a 'name' field."),
        ({"method": {"name": "copy-image"}}, "Unknown import method name 'copy-image'."),
        ({"method": {"name": "glance-direct"}, "all_stores_must_succeed": False}, "All_stores"),
        ({"method": {"name": "glance-direct"}, "stores": ["ceph"]}, "Multi backend is not"),
        ({"method": {"name": "glance-direct", "uri": "http://x/"}}, "Import method"),
        ({"method": {"name": "glance-direct"}, "all_stores": 1}, "Import request is not valid"),
        ({"method": {"name": "glance-direct"}, "x": 1}, "Import request has an unexpected field"),
        ([], "Import request is not valid"),
    ],
)
async def test_an_import_says_how(rig: Rig, body: Any, message: str) -> None:
    image = await rig.create()
    answer = await rig.ask("POST", f"/v2/images/{image['id']}/import", json=body)
    assert (answer.status_code, answer.json()["message"][: len(message)]) == (400, message)


async def test_an_import_ends_with_its_image(rig: Rig) -> None:
    image = await rig.create()
    await stage(rig, image["id"])
    await ask_import(rig, image["id"], "glance-direct")
    (task,) = await tasks(rig, image["id"])
    assert (await rig.ask("DELETE", image["self"])).status_code == 204
    await rig.run_sagas()
    shown = (await rig.ask("GET", task["self"], "admin")).json()
    assert (shown["status"], shown["message"]) == ("failure", "The image was deleted.")


async def test_tasks_are_seen_by_their_owner_and_by_administrators(rig: Rig) -> None:
    image = await rig.create(visibility="community")
    await stage(rig, image["id"])
    await ask_import(rig, image["id"], "glance-direct")
    await rig.run_sagas()
    (task,) = await tasks(rig, image["id"])
    assert await tasks(rig, image["id"], "b") == []
    assert await tasks(rig, image["id"], "admin") == [task]
    listed = (await rig.ask("GET", "/v2/tasks?status=success&limit=1", "admin")).json()
    assert [each["id"] for each in listed["tasks"]] == [task["id"]]
    assert "input" not in listed["tasks"][0]
    rest = (await rig.ask("GET", listed["next"], "admin")).json()
    assert rest["tasks"] == []
    assert (await rig.ask("GET", task["self"], "admin")).json() == task
    for method, path in (("GET", "/v2/tasks"), ("GET", task["self"]), ("POST", "/v2/tasks")):
        body = {"json": {"type": "import", "input": {}}} if method == "POST" else {}
        assert (await rig.ask(method, path, "a", **body)).status_code == 403
    made = await rig.ask("POST", "/v2/tasks", "admin", json={"type": "import", "input": {}})
    assert made.status_code == 400
    assert (await rig.ask("DELETE", task["self"], "admin")).status_code == 405
    missing = "/v2/tasks/11111111-1111-1111-1111-111111111111"
    for path, status in (
        (missing, 404), ("/v2/tasks/none", 404), ("/v2/tasks?status=x", 400),
        ("/v2/tasks?sort_key=input", 400), ("/v2/tasks?marker=x", 400),
        ("/v2/tasks?marker=11111111-1111-1111-1111-111111111111", 400),
    ):  # fmt: skip
        assert (await rig.ask("GET", path, "admin")).status_code == status, path


async def test_others_import_nothing(rig: Rig) -> None:
    image = await rig.create(visibility="community")
    await stage(rig, image["id"])
    assert (await ask_import(rig, image["id"], "glance-direct", user="b")).status_code == 403
    private = await rig.create(visibility="private")
    assert (await ask_import(rig, private["id"], "glance-direct", user="b")).status_code == 404


async def test_without_the_method_there_is_no_staging(rig_with: MakesRigs) -> None:
    async with rig_with(import_methods=["web-download"]) as rig:
        image = await rig.create()
        answer = await rig.ask(
            "PUT",
            f"/v2/images/{image['id']}/stage",
            content=b"x",
            headers={"Content-Type": "application/octet-stream"},
        )
        assert answer.status_code == 404
