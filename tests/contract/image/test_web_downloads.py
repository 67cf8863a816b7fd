"""Images imported from the web: what may be a source, and what comes of a bad one."""

from typing import Any

import pytest
from aiohttp import web

from tests.contract.image.conftest import MakesRigs
from tests.contract.image.importing import (
    CONTENT,
    ask_import,
    rig_and_website,
    send_content,
    stage,
    tasks,
    website,
)
from tests.contract.image.rig import Rig
from tests.contract.image.test_image_data import qcow2


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
