"""The simulated OS scripts: seeds on their drive, exports sent away, reinstalls."""

import base64
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from deploy.ganeti.storage.directory import Directory
from deploy.simulator.testing import RunningSimulator, quick_settings, running_simulator
from tests.integration.simulator.clouds import Client, client, create
from tests.parts.programs import needed

SEED = {
    "label": "cidata",
    "files": {"user-data": base64.b64encode(b"#cloud-config\n").decode()},
}
IMAGE = b"an image" * 4096


@dataclass(slots=True, kw_only=True)
class Site:
    """What the scripts reach over HTTP, and what it was sent."""

    url: str = ""
    refuse: bool = False
    sent: dict[str, bytes] = field(default_factory=dict)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()

    async def show(request: web.Request) -> web.Response:
        body = IMAGE if request.path == "/image" else json.dumps(SEED).encode()
        return web.Response(body=body)

    async def take(request: web.Request) -> web.Response:
        if found.refuse:
            return web.Response(status=403)
        found.sent[request.path_qs] = await request.read()
        return web.Response(status=204)

    app = web.Application(client_max_size=1 << 30)
    app.add_routes([web.get("/{path}", show), web.put("/{path}", take)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)  # who was refused may still be sending
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest_asyncio.fixture
async def sim(tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    settings = quick_settings(tmp_path, hypervisors=("kvm",), persist=True)
    async with running_simulator(settings) as running:
        yield running


@pytest_asyncio.fixture
async def rapi(sim: RunningSimulator) -> AsyncIterator[Client]:
    async with client(sim.clusters[0]) as speaking:
        yield speaking


def body(site: Site, **secrets: str) -> dict[str, Any]:
    names = ("root", "drive")
    return create(
        "i",
        os_type="cyclades+default",
        disk_template="ext",
        disks=[{"size": 16, "name": name, "provider": "cyclades"} for name in names],
        osparams={"image_id": "x", "image_format": "raw", "seed_disk": "drive"},
        osparams_secret={"image_url": f"{site.url}/image", **secrets},
    )


async def made(rapi: Client, site: Site, **secrets: str) -> None:
    job = await rapi.run("POST", "/2/instances", body(site, **secrets))
    assert job["status"] == "success", job["opresult"]


@pytest.mark.parametrize("way", ["seed", "seed_url"])
async def test_the_guests_files_are_on_its_drive_and_nowhere_else(
    sim: RunningSimulator, rapi: Client, site: Site, tmp_path: Path, way: str
) -> None:
    await made(rapi, site, **{way: json.dumps(SEED) if way == "seed" else f"{site.url}/seed"})
    assert sim.admin.seed("i") == SEED
    drive = sim.admin.disk("i", 1).read_bytes()
    assert drive[16 * 2048 + 1 :][:5] == b"CD001"
    assert b"#cloud-config" in drive
    assert sim.admin.disk("i").read_bytes().startswith(IMAGE)
    saved = await rapi.get("/2/instances/i")
    assert "cloud-config" not in json.dumps([saved, sim.admin.truth()])
    secret = SEED["files"]["user-data"]  # type: ignore[index]  # a dict
    state = tmp_path / "state.json"
    assert not state.exists() or secret not in state.read_text()


async def test_a_seed_without_its_drive_fails_the_script(rapi: Client, site: Site) -> None:
    wrong = body(site, seed=json.dumps(SEED))
    wrong["osparams"]["seed_disk"] = "another"
    job = await rapi.run("POST", "/2/instances", wrong)
    assert "no disk with the name in seed_disk" in str(job["opresult"])


@pytest.mark.parametrize("runs", [True, False])
async def test_an_export_sends_the_first_disk_away(
    rapi: Client, site: Site, tmp_path: Path, runs: bool
) -> None:
    await made(rapi, site)
    if not runs:
        await rapi.run("PUT", "/2/instances/i/shutdown")
    private = {"upload_url": f"{site.url}/disk?signature=s"}
    await rapi.run("PUT", "/2/instances/i/modify", {"osparams_private": private})
    node = (await rapi.get("/2/instances/i"))["pnode"]
    asked = {"target_node": node, "shutdown": False}
    job = await rapi.run("PUT", "/2/instances/i/export", asked)
    assert job["opresult"] == [[True, [True, True]]]
    sent = site.sent["/disk?signature=s"]
    assert sent.startswith(IMAGE)
    assert len(sent) == 16 << 20
    assert (await rapi.get("/2/instances/i"))["oper_state"] is runs
    kept = Directory(root=tmp_path / "storage", node="", fuzzy=True)
    assert kept.disks.names() == sorted(f"{uuid}.ext.disk{n}" for n, uuid in await _uuids(rapi))


async def _uuids(rapi: Client) -> list[tuple[int, str]]:
    return list(enumerate((await rapi.get("/2/instances/i"))["disk.uuids"]))


async def test_an_export_in_qcow2_is_smaller_and_the_same(
    rapi: Client, site: Site, tmp_path: Path
) -> None:
    needed("qemu-img", package="qemu-utils")
    await made(rapi, site)
    change = {
        "osparams": {"upload_format": "qcow2"},
        "osparams_private": {"upload_url": f"{site.url}/disk"},
    }
    await rapi.run("PUT", "/2/instances/i/modify", change)
    node = (await rapi.get("/2/instances/i"))["pnode"]
    await rapi.run("PUT", "/2/instances/i/export", {"target_node": node, "shutdown": True})
    image = tmp_path / "sent.qcow2"
    image.write_bytes(site.sent["/disk"])
    assert _as_raw(image).startswith(IMAGE)
    assert (await rapi.get("/2/instances/i"))["oper_state"] is True


def _as_raw(image: Path) -> bytes:
    raw = image.with_suffix(".raw")
    command = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(image), str(raw)]
    subprocess.run(command, check=True)
    return raw.read_bytes()


async def test_an_export_nobody_takes_fails_the_job(rapi: Client, site: Site) -> None:
    await made(rapi, site)
    site.refuse = True
    private = {"upload_url": f"{site.url}/disk"}
    await rapi.run("PUT", "/2/instances/i/modify", {"osparams_private": private})
    node = (await rapi.get("/2/instances/i"))["pnode"]
    job = await rapi.run("PUT", "/2/instances/i/export", {"target_node": node, "shutdown": False})
    assert job["opresult"][0][1][0].startswith("Export failed")


async def test_a_reinstall_sees_private_parameters_once(
    sim: RunningSimulator, rapi: Client, site: Site
) -> None:
    await made(rapi, site)
    assert sim.admin.seed("i") is None
    with sim.admin.disk("i").open("r+b") as file:
        file.write(b"something else")
    private = {"image_url": f"{site.url}/image", "seed_url": f"{site.url}/seed"}
    await rapi.run("PUT", "/2/instances/i/modify", {"osparams_private": private})
    again = {"os": "cyclades+default", "start": True, "osparams": {"seed_disk": "drive"}}
    job = await rapi.run("POST", "/2/instances/i/reinstall", again)
    assert job["status"] == "success", job["opresult"]
    assert sim.admin.disk("i").read_bytes().startswith(IMAGE)
    assert sim.admin.seed("i") == SEED
    instance = sim.admin.site().state.instances["i"]
    assert (instance.osparams, instance.osparams_private) == ({"seed_disk": "drive"}, {})


async def test_a_volume_of_the_agents_becomes_a_disk_and_is_kept(
    rapi: Client, site: Site, tmp_path: Path
) -> None:
    await made(rapi, site)
    shared = Directory(root=tmp_path / "storage", node="agent")
    shared.make_volume("vol", 8)
    shared.volumes.data("vol").write_bytes(b"content".ljust(8 << 20))
    spec = {"size": 8, "name": "vol", "provider": "cyclades", "volume": "vol", "keep": "yes"}
    add = {"disks": [["add", -1, spec]], "hotplug": True, "wait_for_sync": False}
    job = await rapi.run("PUT", "/2/instances/i/modify", add)
    assert job["status"] == "success", job["opresult"]
    assert shared.nodes_with(shared.volumes.need("vol"))
    grown = {"amount": 16, "absolute": True}
    await rapi.run("POST", "/2/instances/i/disk/2/grow", grown)
    assert shared.volumes.need("vol")["size"] == 16
    await rapi.run(
        "PUT", "/2/instances/i/modify", {"disks": [["remove", "vol", {}]], "hotplug": True}
    )
    assert shared.volumes.data("vol").read_bytes().startswith(b"content")
    assert shared.nodes_with(shared.volumes.need("vol")) == []
    await rapi.run("DELETE", "/2/instances/i")
    assert shared.volumes.names() == ["vol"]


async def test_a_volume_that_is_not_there_fails_the_job(rapi: Client, site: Site) -> None:
    await made(rapi, site)
    spec = {"size": 8, "name": "v", "provider": "cyclades", "volume": "missing"}
    job = await rapi.run("PUT", "/2/instances/i/modify", {"disks": [["add", -1, spec]]})
    assert "there is no such volume" in str(job["opresult"])
    assert (await rapi.get("/2/instances/i"))["disk.names"] == ["root", "drive"]
