"""Simulated kvm instances: devices come and go while they run, they have screens and consoles."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.testing import RunningSimulator, quick_settings, running_simulator
from shared.contracts.ganeti import hotplug_failed
from tests.integration.simulator.clouds import Client, client, create

MODIFY = "/2/instances/i/modify"


@pytest_asyncio.fixture
async def sim(tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    async with running_simulator(settings(tmp_path)) as running:
        yield running


@pytest_asyncio.fixture
async def rapi(sim: RunningSimulator) -> AsyncIterator[Client]:
    async with client(sim.clusters[0]) as speaking:
        body = create("i", os_type="noop+default", disk_template="ext", disks=[disk("root")])
        job = await speaking.run("POST", "/2/instances", body)
        assert job["status"] == "success", job["opresult"]
        yield speaking


def settings(folder: Path, **changes: Any) -> SimulatorSettings:
    return quick_settings(folder, hypervisors=("kvm",), **changes)


def disk(name: str, **more: Any) -> dict[str, Any]:
    return {"size": 16, "name": name, "provider": "cyclades", **more}


async def test_a_device_is_plugged_into_a_running_instance(rapi: Client) -> None:
    add = {"disks": [["add", -1, disk("vol")]], "hotplug": True, "wait_for_sync": False}
    job = await rapi.run("PUT", MODIFY, add)
    assert job["opresult"] == [[["disk/1", "add:size=16,mode=rw"], ["disk/1", "hotplug:done"]]]
    job = await rapi.run("PUT", MODIFY, {"disks": [["remove", "vol", {}]], "hotplug": True})
    assert job["opresult"] == [[["disk/1", "remove"], ["disk/1", "hotplug:done"]]]


async def test_a_device_that_does_not_get_there_leaves_the_job_a_success(
    sim: RunningSimulator, rapi: Client
) -> None:
    sim.admin.set_faults(fail_hotplugs=1)
    add = {"nics": [["add", -1, {"name": "n", "link": "br1"}]], "hotplug": True}
    job = await rapi.run("PUT", MODIFY, add)
    assert job["status"] == "success"
    assert hotplug_failed(job["opresult"])
    again = await rapi.run("PUT", MODIFY, {"nics": [["remove", "n", {}]], "hotplug": True})
    assert not hotplug_failed(again["opresult"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"disks": [["add", -1, disk("v")]], "hotplug": True},
            "Hotplug is not possible: Hotplug is not supported: Instance is probably down",
        ),
        (
            {"disks": [["add", -1, disk("v")]], "wait_for_sync": False},
            "Can't add a disk to an instance with deactivated disks",
        ),
        ({"disks": [["attach", -1, {"uuid": "u"}]]}, "Missing provider for template 'ext'"),
    ],
)
async def test_what_ganeti_cannot_do_with_a_stopped_instance(
    rapi: Client, change: dict[str, Any], says: str
) -> None:
    await rapi.run("PUT", "/2/instances/i/shutdown")
    job = await rapi.run("PUT", MODIFY, change)
    assert job["status"] == "error"
    assert job["opresult"][0][1][0].startswith(says)


async def test_a_detached_disk_becomes_the_first_of_an_empty_instance(rapi: Client) -> None:
    await rapi.run("PUT", "/2/instances/i/shutdown")
    uuid = (await rapi.get("/2/instances/i"))["disk.uuids"][0]
    await rapi.run("PUT", MODIFY, {"disks": [["detach", "root", {}]]})
    empty = create("e", os_type="noop+default", disk_template="diskless", disks=[], start=False)
    await rapi.run("POST", "/2/instances", empty)
    attach = {"disks": [["attach", 0, {"uuid": uuid}]]}
    job = await rapi.run("PUT", "/2/instances/e/modify", attach)
    assert job["status"] == "success", job["opresult"]
    assert (await rapi.get("/2/instances/e"))["disk.uuids"] == [uuid]
    started = await rapi.run("PUT", "/2/instances/e/startup")
    assert started["status"] == "success", started["opresult"]


async def test_parameters_go_back_to_the_clusters(rapi: Client) -> None:
    alone = await rapi.run("PUT", MODIFY, {"hvparams": {"boot_order": "cdrom"}})
    assert alone["opresult"] == [
        ["HypervisorError", ["Cannot boot from cdrom without an ISO path"]]
    ]
    rescue = {"boot_order": "cdrom", "cdrom_image_path": "http://images/rescue"}
    await rapi.run("PUT", MODIFY, {"hvparams": rescue})
    assert (await rapi.get("/2/instances/i"))["hvparams"]["boot_order"] == "cdrom"
    await rapi.run("PUT", MODIFY, {"hvparams": {"boot_order": "default"}})
    assert (await rapi.get("/2/instances/i"))["hvparams"]["boot_order"] == "disk"


async def test_an_instance_is_put_aside_only_when_it_is_down(rapi: Client) -> None:
    job = await rapi.run("PUT", MODIFY, {"offline": True})
    assert "can't change to offline without being down first" in job["opresult"][0][1][0]
    await rapi.run("PUT", "/2/instances/i/shutdown")
    await rapi.run("PUT", MODIFY, {"offline": True})
    assert (await rapi.get("/2/instances/i"))["admin_state"] == "offline"
    await rapi.run("PUT", MODIFY, {"offline": False})
    started = await rapi.run("PUT", "/2/instances/i/startup")
    assert started["status"] == "success", started["opresult"]


async def test_an_instance_moves_with_its_disks(rapi: Client, sim: RunningSimulator) -> None:
    before = (await rapi.get("/2/instances/i"))["pnode"]
    job = await rapi.run("PUT", "/2/instances/i/migrate", {"mode": "live"})
    assert job["status"] == "success", job["opresult"]
    after = (await rapi.get("/2/instances/i"))["pnode"]
    assert after != before
    sim.admin.set_node(after, down=True)
    gone = {"ignore_consistency": True, "target_node": before}
    job = await rapi.run("PUT", "/2/instances/i/failover", gone)
    assert job["status"] == "success", job["opresult"]
    assert (await rapi.get("/2/instances/i"))["pnode"] == before


async def test_a_running_instance_has_a_screen_and_a_stopped_one_none(rapi: Client) -> None:
    port = (await rapi.get("/2/instances/i"))["network_port"]
    reader, writer = await _connected(port)
    writer.write(b"RFB 003.008\n\x01\x01")
    text = await reader.readexactly(12 + 2 + 4 + 4)
    assert struct.unpack(">HH", text[-4:]) == (320, 200)
    await rapi.run("PUT", "/2/instances/i/shutdown")
    await reader.read()  # it ends
    writer.close()
    await writer.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(60):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)


async def test_every_boot_is_in_the_console_log_until_the_instance_goes(
    rapi: Client, tmp_path: Path
) -> None:
    log = tmp_path / "consoles" / "i.log"
    assert log.read_text().endswith("i login: ")
    await rapi.run("POST", "/2/instances/i/reboot")
    assert log.read_text().count("SeaBIOS") == 2
    await rapi.run("DELETE", "/2/instances/i")
    assert not log.exists()


@pytest.mark.parametrize("resource", ["instance", "node", "group", "network"])
async def test_a_name_that_is_not_there_fails_a_query_of_names_only(
    rapi: Client, resource: str
) -> None:
    only = {"fields": ["name"], "qfilter": ["=", "name", "missing"]}
    status, answer = await rapi.call("PUT", f"/2/query/{resource}", only)
    assert status == 500
    assert "unknown_entity" in answer["message"]
    condition = {"fields": ["name"], "qfilter": ["&", ["=", "name", "missing"]]}
    assert (await rapi.call("PUT", f"/2/query/{resource}", condition))[1]["data"] == []
