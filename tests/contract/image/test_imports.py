"""Images staged and imported: asked for at once, done by a saga, followed by a task."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from shared.web.serve import serving
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Json, Rig
from tests.contract.image.test_image_data import qcow2

CONTENT = bytes(range(256)) * 40
BREAKS = "<br /><br />\n\n\n"
HOME = {"import_networks": ["127.0.0.0/8"]}


async def stage(rig: Rig, image_id: str, content: bytes = CONTENT) -> None:
    answer = await rig.ask(
        "PUT",
        f"/v2/images/{image_id}/stage",
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert (answer.status_code, answer.content) == (204, b"")


async def ask_import(rig: Rig, image_id: str, method: Any, user: str = "a", **more: Any) -> Any:
    body = {"method": method if isinstance(method, dict) else {"name": method}, **more}
    return await rig.ask("POST", f"/v2/images/{image_id}/import", user, json=body)


async def tasks(rig: Rig, image_id: str, user: str = "a") -> list[Json]:
    answer = await rig.ask("GET", f"/v2/images/{image_id}/tasks", user)
    assert answer.status_code == 200
    found: list[Json] = answer.json()["tasks"]
    return found


@asynccontextmanager
async def website(handler: Any) -> AsyncIterator[str]:
    """Serve something at every path; yields its address."""
    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", handler)
    async with serving(app, "127.0.0.1", 0, shutdown_deadline=1) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def rig_and_website(
    rig_with: MakesRigs, handler: Any, **settings: Any
) -> AsyncIterator[tuple[Rig, str]]:
    async with website(handler) as base:
        port = int(base.rpartition(":")[2])
        given = {**HOME, "import_ports": [port, 80], **settings}
        async with rig_with(**given) as rig:
            yield rig, base


async def send_content(_request: web.Request) -> web.Response:
    return web.Response(body=CONTENT)


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


async def test_bytes_come_from_the_web(rig_with: MakesRigs) -> None:
    async def send(request: web.Request) -> web.StreamResponse:
        if request.path == "/here":
            raise web.HTTPFound("/there")
        return web.Response(body=CONTENT)

    async with rig_and_website(rig_with, send) as (rig, base):
        image = await rig.create()
        method = {"name": "web-download", "uri": f"{base}/here"}
        assert (await ask_import(rig, image["id"], method)).status_code == 202
        await rig.run_sagas()
        shown = await rig.show(image["id"])
        assert (shown["status"], shown["size"]) == ("active", len(CONTENT))
        assert (await rig.ask("GET", image["file"])).content == CONTENT
        assert len(rig.files()) == 1


@pytest.mark.parametrize(
    ("content", "disk_format", "message"),
    [
        (qcow2(backing=512), "qcow2", "The image failed the safety check of qcow2: backing_file."),
        (b"x" * 4096, "qcow2", "The image's content is raw, which does not match its disk_format"),
        (qcow2(size=2**50), "qcow2", f"The disk inside the image has {2**50} bytes;"),
    ],
)
async def test_bytes_that_deceive_are_refused_when_they_are_imported(
    rig: Rig, content: bytes, disk_format: str, message: str
) -> None:
    image = await rig.create(disk_format=disk_format)
    await stage(rig, image["id"], content)
    assert (await ask_import(rig, image["id"], "glance-direct")).status_code == 202
    await rig.run_sagas()
    (task,) = await tasks(rig, image["id"])
    assert task["status"] == "failure"
    assert task["message"].startswith(message)
    shown = await rig.show(image["id"])
    assert (shown["status"], shown["size"], rig.files()) == ("queued", None, [])
    assert (await rig.upload(image["id"], qcow2())).status_code == 204


async def test_what_a_source_has_is_inspected_as_it_comes(rig_with: MakesRigs) -> None:
    async def send(_request: web.Request) -> web.Response:
        return web.Response(body=qcow2(features=4))

    async with rig_and_website(rig_with, send) as (rig, base):
        image = await rig.create(disk_format="qcow2")
        await ask_import(rig, image["id"], {"name": "web-download", "uri": base})
        await rig.run_sagas()
        (task,) = await tasks(rig, image["id"])
        assert (task["status"], "data_file" in task["message"]) == ("failure", True)
        assert ((await rig.show(image["id"]))["status"], rig.files()) == ("queued", [])


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (404, {}, "The source of the image answered 404."),
        (200, {"Content-Encoding": "gzip"}, "The source of the image sends it compressed."),
        (302, {"Location": "ftp://x/"}, "URI for web-download does not pass filtering: ftp://x/"),
        (302, {"Location": "http://169.254.169.254/"}, "URI for web-download does not pass"),
        (302, {"Location": "http://10.0.0.1/"}, "URI for web-download does not pass filtering"),
        (302, {"Location": "http://localhost:22/"}, "URI for web-download does not pass"),
        (302, {"Location": "/again"}, "The source of the image redirects too often."),
        (302, {}, "The source of the image redirects too often."),
    ],
)
async def test_a_source_may_lead_only_where_rules_allow(
    rig_with: MakesRigs, status: int, headers: dict[str, str], message: str
) -> None:
    async def send(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    async with rig_and_website(rig_with, send) as (rig, base):
        image = await rig.create()
        method = {"name": "web-download", "uri": base}
        assert (await ask_import(rig, image["id"], method)).status_code == 202
        await rig.run_sagas()
        (task,) = await tasks(rig, image["id"])
        assert (task["status"], task["message"][: len(message)]) == ("failure", message)
        assert (await rig.show(image["id"]))["status"] == "queued"


async def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(
    rig_with: MakesRigs,
) -> None:
    async with website(send_content) as base:
        port = int(base.rpartition(":")[2])
        async with rig_with(import_ports=[port]) as rig:
            image = await rig.create()
            method = {"name": "web-download", "uri": f"http://localhost:{port}/"}
            assert (await ask_import(rig, image["id"], method)).status_code == 202
            await rig.run_sagas()
            (task,) = await tasks(rig, image["id"])
            assert task["status"] == "failure"
            assert task["message"].startswith("URI for web-download does not pass filtering")


@pytest.mark.parametrize(
    "uri",
    [
        "", "x", "ftp://example.org/", "file:///etc/passwd", "http://", "http://127.0.0.1/",
        "http://127.0.0.1:80/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data", "http://0.0.0.0/", "http://[fe80::1]/",
        "http://example.org:22/", "http://user:word@example.org/", "http://example.org:99999/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "gopher://example.org:80/",
        f"http://example.org/{'x' * 3000}", "http://[", "//example.org/", "http://224.0.0.1/",
        "http://100.64.0.1/", "http://[fd00::1]/", "http://192.168.1.1:443/",
    ],
)  # fmt: skip
async def test_a_url_that_leads_inside_is_refused_at_once(rig: Rig, uri: str) -> None:
    image = await rig.create()
    answer = await ask_import(rig, image["id"], {"name": "web-download", "uri": uri})
    assert answer.status_code == 400, uri
    assert answer.json()["message"].startswith("URI for web-download does not pass filtering: ")
    assert (await rig.show(image["id"]))["status"] == "queued"


async def test_lists_say_which_hosts_are_sources(rig_with: MakesRigs) -> None:
    settings = {"import_hosts": ["Good.example"], "import_denied_hosts": ["bad.example"]}
    for given, host, status in (
        (settings, "good.example", 202),
        (settings, "other.example", 400),
        ({"import_denied_hosts": ["bad.example"]}, "BAD.example.", 400),
        ({"import_denied_hosts": ["bad.example"]}, "other.example", 202),
        ({"import_schemes": ["https"]}, "other.example", 400),
        ({"import_methods": ["glance-direct"]}, "other.example", 400),
    ):
        async with rig_with(**given) as rig:
            image = await rig.create()
            method = {"name": "web-download", "uri": f"http://{host}/"}
            assert (await ask_import(rig, image["id"], method)).status_code == status, given


async def test_a_source_that_is_down_is_asked_again_and_then_given_up(
    rig_with: MakesRigs,
) -> None:
    asked: list[str] = []

    async def fail(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=503)

    async with rig_and_website(rig_with, fail, import_attempts=2) as (rig, base):
        image = await rig.create()
        await ask_import(rig, image["id"], {"name": "web-download", "uri": f"{base}/x"})
        await rig.run_sagas(hurry=True)
        assert asked == ["/x", "/x"]
        (task,) = await tasks(rig, image["id"])
        assert (task["status"], task["message"]) == ("failure", "The import failed 2 times.")
        assert (await rig.show(image["id"]))["status"] == "queued"


async def test_a_source_that_breaks_off_leaves_nothing_and_is_asked_again(
    rig_with: MakesRigs,
) -> None:
    asked: list[str] = []

    async def send(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if len(asked) > 1:
            return web.Response(body=CONTENT)
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        await response.write(b"x" * 1000)
        assert request.transport is not None
        request.transport.close()
        return response

    async with rig_and_website(rig_with, send) as (rig, base):
        image = await rig.create()
        await ask_import(rig, image["id"], {"name": "web-download", "uri": base})
        await rig.run_sagas()
        shown = await rig.show(image["id"])
        assert (shown["status"], rig.files()) == ("importing", [])
        await rig.run_sagas(hurry=True)
        assert (await rig.show(image["id"]))["status"] == "active"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size_cap": 10_000}, "The provided image is too large."),
        ({"quotas": {"image_size_total": 0}}, None),
    ],
)
async def test_a_source_sends_no_more_than_there_is_room_for(
    rig_with: MakesRigs, settings: dict[str, Any], message: str | None
) -> None:
    async with rig_and_website(rig_with, send_content, **settings) as (rig, base):
        image = await rig.create()
        method = {"name": "web-download", "uri": base}
        answer = await ask_import(rig, image["id"], method)
        if message is None:
            assert answer.status_code == 413
            return
        await rig.run_sagas()
        (task,) = await tasks(rig, image["id"])
        assert (task["status"], task["message"]) == ("failure", message)
        assert rig.files() == []


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
