"""What the simulator remembers from one start to the next."""

import json
from pathlib import Path

from deploy.simulator.persistence import encode
from deploy.simulator.settings import TEST, Durations
from deploy.simulator.testing import quick_settings, running_simulator
from tests.integration.simulator.clouds import client, create


async def test_a_second_start_finds_everything(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path, persist=True)
    async with running_simulator(settings) as sim, client(sim.clusters[0]) as rapi:
        net = {"network_name": "n", "network": "10.9.0.0/29", "gateway": "10.9.0.1"}
        await rapi.run("POST", "/2/networks", net)
        connect = {"group_name": "default", "network_mode": "bridged", "network_link": "br1"}
        await rapi.run("PUT", "/2/networks/n/connect", connect)
        nics = [{"network": "n", "ip": "pool", "name": "port"}]
        await rapi.run("POST", "/2/instances", create("i", nics=nics))
        before = [await rapi.get(p) for p in ("/2/instances?bulk=1", "/2/networks?bulk=1")]
        jobs = await rapi.get("/2/jobs?bulk=1")
    async with running_simulator(settings) as sim, client(sim.clusters[0]) as rapi:
        after = [await rapi.get(p) for p in ("/2/instances?bulk=1", "/2/networks?bulk=1")]
        assert after == before
        assert await rapi.get("/2/jobs?bulk=1") == jobs
        job = await rapi.run("PUT", "/2/instances/i/shutdown")
        assert job["id"] == jobs[-1]["id"] + 1


async def test_the_certificate_stays(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    async with running_simulator(settings) as sim:
        first = sim.clusters[0].ca_file.read_bytes()
    async with running_simulator(settings) as sim:
        assert sim.clusters[0].ca_file.read_bytes() == first
        assert sim.clusters[0].ca_file.parent == tmp_path
    assert (tmp_path / "rapi-key.pem").stat().st_mode & 0o077 == 0


async def test_a_job_that_was_running_is_found_dead(tmp_path: Path) -> None:
    slow = quick_settings(tmp_path, persist=True, durations=Durations(default=60), stop_grace=0)
    async with running_simulator(slow) as sim, client(sim.clusters[0]) as rapi:
        _, number = await rapi.call("PUT", "/2/tags?tag=x")
        while (await rapi.get(f"/2/jobs/{number}"))["status"] != "running":
            continue
        kept = encode({1: sim.admin.site().state})
    (tmp_path / "state.json").write_bytes(kept)
    quick = slow.model_copy(update={"durations": TEST})
    async with running_simulator(quick) as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.get(f"/2/jobs/{number}")
        assert job["status"] == "error"
        assert job["ops"][0]["reason"][-1][:2] == [
            "gnt:daemon:luxid:deathdetection",
            f"detected death of job {number}",
        ]


async def test_clusters_are_described_in_a_file(tmp_path: Path) -> None:
    async with running_simulator(quick_settings(tmp_path, clusters=3)) as sim:
        described = json.loads((tmp_path / "clusters.json").read_text())["clusters"]
        assert [c["url"] for c in described] == [c.url for c in sim.clusters]
        assert len({c["url"] for c in described}) == 3
        assert {"name", "user", "password", "ca_file", "nodes"} <= set(described[0])
