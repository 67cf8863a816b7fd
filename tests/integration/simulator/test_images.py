"""The simulated OS script does with images what the real one does."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from deploy.simulator.testing import quick_settings, running_simulator
from tests.integration.simulator.clouds import client, create

_IMAGE = bytes(range(256)) * 4096 + bytes(1 << 20) + b"the end"
_SUM = f"sha512:{hashlib.sha512(_IMAGE).hexdigest()}"


@pytest_asyncio.fixture
async def image_url() -> AsyncIterator[str]:
    async def show(request: web.Request) -> web.Response:
        found = request.query.get("signature") == "good"
        return web.Response(status=200 if found else 403, body=_IMAGE if found else b"")

    app = web.Application()
    app.router.add_get("/image", show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/image?signature=good"
    await runner.cleanup()


def _body(url: str, **params: str) -> dict[str, Any]:
    public = {"image_id": "an-image", "image_format": "raw", **params}
    return create(
        "i", os_type="cyclades+default", osparams=public, osparams_secret={"image_url": url}
    )


async def test_the_disk_begins_with_the_image(tmp_path: Path, image_url: str) -> None:
    settings = quick_settings(tmp_path)
    async with running_simulator(settings) as sim, client(sim.clusters[0]) as rapi:
        body = _body(image_url, image_checksum=_SUM, image_size=str(len(_IMAGE)))
        job = await rapi.run("POST", "/2/instances", body)
        assert job["status"] == "success", job["opresult"]
        (bits,) = _disks(tmp_path)
        assert bits[: len(_IMAGE)] == _IMAGE
        assert len(bits) == 16 << 20
        await rapi.run("DELETE", "/2/instances/i")
        assert _disks(tmp_path) == []


def _disks(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "disks").rglob("*.raw")]


@pytest.mark.parametrize(
    ("params", "spoil", "says"),
    [
        ({"image_checksum": "sha512:00"}, "", "the checksum does not match"),
        ({"image_size": "1"}, "", f"{len(_IMAGE)} bytes received, 1 expected"),
        ({}, "&signature=good&x=1", ""),
        ({}, "-forged", "the server answered 403"),
    ],
)
async def test_a_bad_image_fails_the_job_and_leaves_the_instance_down(
    image_url: str, params: dict[str, str], spoil: str, says: str
) -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances", _body(image_url + spoil, **params))
        if not says:
            assert job["status"] == "success"
            return
        assert job["status"] == "error"
        kind, (text,) = job["opresult"][0]
        assert kind == "OpExecError"
        assert text.startswith("Could not add os for instance i on node ")
        assert text.endswith(f"cyclades: image an-image: {says}")
        assert (await rapi.get("/2/instances/i"))["status"] == "ADMIN_down"


async def test_a_server_that_is_not_there_fails_the_job() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances", _body("http://127.0.0.1:1/image"))
        assert "download failed" in str(job["opresult"])


async def test_the_signed_url_is_seen_nowhere(tmp_path: Path, image_url: str) -> None:
    settings = quick_settings(tmp_path, persist=True)
    async with running_simulator(settings) as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances", _body(image_url))
        assert job["ops"][0]["osparams_secret"] == {"image_url": None}
        shown = json.dumps([job, await rapi.get("/2/instances/i"), sim.admin.truth()])
        assert "signature" not in shown
    assert "signature" not in (tmp_path / "state.json").read_text()


async def test_without_installation_nothing_is_fetched_and_nothing_starts() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        body = {**_body("http://127.0.0.1:1/image"), "no_install": True}
        job = await rapi.run("POST", "/2/instances", body)
        assert job["status"] == "success"
        assert (await rapi.get("/2/instances/i"))["status"] == "ADMIN_down"
