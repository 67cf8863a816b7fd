"""The same once more: snapshots, seeds, and a clock that goes faster."""

import asyncio
from typing import Any

import aiohttp
import pytest

from deploy.simulator.settings import Durations
from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client, create

SLOW = Durations(default=600.0, start_delay=0.0, by_opcode={"OP_TAGS_SET": 0.0})


async def _status(rapi: Client, job: int) -> Any:
    return (await rapi.get(f"/2/jobs/{job}"))["status"]


async def _until(rapi: Client, job: int, status: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if await _status(rapi, job) == status:
                return
            await asyncio.sleep(0.005)


async def test_a_snapshot_brings_everything_back_as_often_as_wished() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("kept"))
        before = await rapi.get("/2/instances?bulk=1")
        jobs = await rapi.get("/2/jobs")
        assert list(sim.admin.snapshot(name="one")) == ["one"]
        for _ in range(2):
            await rapi.run("POST", "/2/instances", create("later"))
            await rapi.run("DELETE", "/2/instances/kept")
            sim.admin.set_faults(latency=0.001)
            assert sim.admin.restore(name="one") == [1]
            assert sim.admin.site().faults.latency == 0.0
            assert await rapi.get("/2/instances?bulk=1") == before
            assert await rapi.get("/2/jobs") == jobs
        job = await rapi.run("PUT", "/2/instances/kept/shutdown")
        assert (job["status"], job["id"]) == ("success", len(jobs) + 1)
        assert sim.admin.truth()[-1]["what"] == "instance.stopped"
        with pytest.raises(LookupError):
            sim.admin.restore(name="none")


async def test_what_was_under_way_at_a_snapshot_is_queued_again_or_found_dead() -> None:
    async with (
        running_simulator(durations=SLOW, max_running_jobs=1) as sim,
        client(sim.clusters[0]) as rapi,
    ):
        running, queued = (sim.admin.operate("OP_CLUSTER_REDIST_CONF") for _ in range(2))
        await _until(rapi, running, "running")
        sim.admin.snapshot(name="busy")
        later = sim.admin.operate("OP_CLUSTER_REDIST_CONF")
        waiting = asyncio.create_task(sim.admin.site().queue.change_of(later, at_most=60))
        await asyncio.sleep(0)
        sim.admin.restore(name="busy")
        await waiting
        assert await _status(rapi, running) == "error"
        await _until(rapi, queued, "running")
        assert await _status(rapi, later) is None
        assert sim.admin.site().queue.busy == 1


async def _made(sim: RunningSimulator, rapi: Client, names: str) -> list[Any]:
    for name in names:
        nic = {"mode": "bridged", "link": "br1"}
        await rapi.run("POST", "/2/instances", create(name, nics=[nic]))
    rows = (await rapi.get(f"/2/instances/{name}") for name in names)
    fields = ("uuid", "nic.macs", "nic.uuids", "disk.uuids")
    return [[row[field] for field in fields] async for row in rows]


async def test_the_same_seed_brings_the_same_identifiers_however_long_things_take() -> None:
    found = []
    for seed, default in ((3, 0.0), (3, 0.01), (4, 0.0)):
        quick = Durations(default=default, start_delay=0.0, by_opcode={})
        async with (
            running_simulator(seed=seed, durations=quick) as sim,
            client(sim.clusters[0]) as rapi,
        ):
            if default:  # chance is used, and none of it goes into identifiers
                for _ in range(5):
                    await rapi.run("PUT", "/2/tags?tag=x")
            found.append([(await rapi.get("/2/info"))["uuid"], await _made(sim, rapi, "ab")])
    assert found[0] == found[1]
    assert found[0] != found[2]


async def test_chance_begins_anew_with_a_seed_that_is_sown() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        sim.admin.sow(seed=9)
        first = await _made(sim, rapi, "a")
        sim.admin.sow(seed=9)
        await rapi.run("DELETE", "/2/instances/a")
        assert await _made(sim, rapi, "a") == first


async def test_time_can_be_made_to_go_faster_on_the_way() -> None:
    async with running_simulator(durations=SLOW) as sim, client(sim.clusters[0]) as rapi:
        slow = sim.admin.operate("OP_CLUSTER_REDIST_CONF")
        await _until(rapi, slow, "running")
        sim.admin.warp(times=1_000_000)
        await _until(rapi, sim.admin.operate("OP_CLUSTER_REDIST_CONF"), "success")
        assert await _status(rapi, slow) == "running"
        with pytest.raises(ValueError, match="forward"):
            sim.admin.warp(times=0)


async def test_the_admin_port_offers_the_same() -> None:
    async with running_simulator(admin_port=0) as sim, aiohttp.ClientSession() as http:
        for path, body, status in (
            ("/sim/snapshots", {"name": "x"}, 200),
            ("/sim/snapshots/x/restore", {}, 200),
            ("/sim/snapshots/y/restore", {}, 404),
            ("/sim/clusters/1/seed", {"seed": 5}, 200),
            ("/sim/clusters/1/warp", {"times": 2}, 200),
            ("/sim/clusters/1/warp", {"times": -2}, 400),
        ):
            async with http.post(f"{sim.admin_url}{path}", json=body) as answer:
                assert (path, answer.status) == (path, status)
        async with http.get(f"{sim.admin_url}/sim/snapshots") as answer:
            assert list((await answer.json())["result"]) == ["x"]
