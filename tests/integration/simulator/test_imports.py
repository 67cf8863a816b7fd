"""Exports become instances again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client, create

NIC = {"mode": "bridged", "link": "br1", "ip": "10.0.0.9", "name": "port"}


@pytest.fixture
async def sim() -> AsyncIterator[RunningSimulator]:
    async with running_simulator() as running:
        yield running


async def _exported(rapi: Client, node: str) -> dict[str, Any]:
    """Export a small instance and remove it; gives what it was."""
    body = create("old", nics=[NIC], tags=["kept"], beparams={"vcpus": 3}, start=False)
    await rapi.run("POST", "/2/instances", body)
    was: dict[str, Any] = await rapi.get("/2/instances/old")
    job = await rapi.run("PUT", "/2/instances/old/export", {"mode": "local", "target_node": node})
    assert job["status"] == "success", job["opresult"]
    await rapi.run("DELETE", "/2/instances/old")
    return was


def _import(name: str, **more: Any) -> dict[str, Any]:
    body = {"__version__": 1, "instance_name": name, "mode": "import", "disks": [], "nics": []}
    return {**body, "name_check": False, "ip_check": False, "start": False, **more}


async def test_an_export_brings_the_same_instance_back(sim: RunningSimulator) -> None:
    async with client(sim.clusters[0]) as rapi:
        was = await _exported(rapi, sim.clusters[0].nodes[1])
        job = await rapi.run("POST", "/2/instances", _import("old"))
        assert job["status"] == "success", job["opresult"]
        assert job["ops"][0]["src_node"] == sim.clusters[0].nodes[1]
        assert job["ops"][0]["src_path"] == "/srv/ganeti/export/old"
        told = [entry[3] for entry in job["oplog"][0]]
        assert "* running the instance OS import scripts..." in told
        now = await rapi.get("/2/instances/old")
    same = ("os", "nic.macs", "nic.ips", "nic.names", "disk.sizes", "tags")
    assert {name: now[name] for name in same} == {name: was[name] for name in same}
    assert (now["beparams"]["vcpus"], now["disk_template"]) == (3, "file")
    assert now["uuid"] != was["uuid"]


async def test_what_is_said_counts_more_than_what_was_exported(sim: RunningSimulator) -> None:
    async with client(sim.clusters[0]) as rapi:
        await _exported(rapi, node := sim.clusters[0].nodes[0])
        disks = [{"size": 32, "provider": "dummy"}]
        given = {"beparams": {"vcpus": 1}, "disks": disks, "disk_template": "ext"}
        body = _import("new", src_node=node, src_path="old", **given)
        job = await rapi.run("POST", "/2/instances", body)
        assert job["status"] == "success", job["opresult"]
        now = await rapi.get("/2/instances/new")
        assert (now["beparams"]["vcpus"], now["disk.sizes"], now["os"]) == (1, [32], "noop+default")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({}, "No export found for relative path nosuch"),
        ({"src_node": "{node}"}, "No export or invalid export found in dir"),
        ({"src_path": "/elsewhere/x"}, "Importing an instance from a path requires a source node"),
        ({"src_node": "{node}", "src_path": "/elsewhere/old"}, "No export or invalid export found"),
        ({"mode": "remote-import"}, "Missing source handshake"),
        ({"mode": "remote-import", "source_handshake": [0, "x", "y"]}, "Invalid handshake: Hash"),
    ],
)
async def test_what_is_no_export_is_not_imported(
    sim: RunningSimulator, more: dict[str, Any], error: str
) -> None:
    async with client(sim.clusters[0]) as rapi:
        await _exported(rapi, node := sim.clusters[0].nodes[0])
        given = {name: node if value == "{node}" else value for name, value in more.items()}
        job = await rapi.run("POST", "/2/instances", _import("nosuch", **given))
        assert job["status"] == "error"
        assert job["opresult"][0][1][0].startswith(error)


async def test_an_os_that_imports_nothing_leaves_a_warning(sim: RunningSimulator) -> None:
    async with client(sim.clusters[0]) as rapi:
        await _exported(rapi, node := sim.clusters[0].nodes[0])
        sim.admin.site().state.exported[f"{node}/old"]["os"] = "cyclades+default"
        job = await rapi.run("POST", "/2/instances", _import("old"))
        assert job["status"] == "success", job["opresult"]
        assert any("not imported successfully" in entry[3] for entry in job["oplog"][0])
