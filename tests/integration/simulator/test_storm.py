"""Many instances, many jobs, big and costly queries."""

import asyncio
from typing import Any

import pytest

from deploy.simulator.settings import Durations
from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client

FAST = Durations(default=0.005, start_delay=0.001, by_opcode={})
QUERY = {"fields": ["name", "status", "oper_state", "be/vcpus", "nic.macs", "mtime"]}


async def _over(sim: RunningSimulator) -> dict[str, Any]:
    task = sim.admin._raging
    assert task is not None
    await task
    return sim.admin.storm() or {}


async def test_a_storm_makes_as_many_transitions_as_wished_all_of_them_known() -> None:
    async with running_simulator(clusters=3, instances_per_cluster=20, durations=FAST) as sim:
        sim.admin.start_storm(transitions=240, seconds=0.1, instances=5)
        end = await _over(sim)
        assert (end["jobs"], end["submitted"], end["unfinished"]) == (60, 60, 0)
        for number in (1, 2, 3):
            entries = sim.admin.history(number)
            assert [entry[0] for entry in entries] == list(range(1, 81))
            assert {entry[6] for entry in entries} == {"queued", "waiting", "running", "success"}
            assert len({entry[7] for entry in entries}) == 5


async def test_the_same_seed_hits_the_same_instances_in_the_same_order() -> None:
    hit = []
    for _ in range(2):
        async with running_simulator(instances_per_cluster=20, durations=FAST) as sim:
            sim.admin.start_storm(transitions=80, seconds=0, instances=10, seed=7)
            await _over(sim)
            entries = [entry for entry in sim.admin.history() if entry[6] == "queued"]
            hit.append([entry[7] for entry in entries])
    assert hit[0] == hit[1]


async def test_a_storm_needs_instances() -> None:
    async with running_simulator() as sim:
        with pytest.raises(LookupError):
            sim.admin.start_storm(transitions=4, seconds=0)


async def _rows(rapi: Client, **body: Any) -> dict[str, list[Any]]:
    _, answer = await rapi.call("PUT", "/2/query/instance", {**QUERY, **body})
    return {row[0][1]: row[1:] for row in answer["data"]}


async def test_rows_of_a_big_cluster_are_as_fresh_as_those_of_a_small_one() -> None:
    async with running_simulator(instances_per_cluster=300) as sim, client(sim.clusters[0]) as rapi:
        before = await _rows(rapi)
        assert len(before) == 300
        first, second, *_ = sorted(before)
        sim.admin.crash(first)
        await rapi.run("PUT", f"/2/instances/{second}/shutdown")
        after = await _rows(rapi)
        assert after[first][:2] == [[0, "ERROR_down"], [0, False]]
        assert after[second][:2] == [[0, "ADMIN_down"], [0, False]]
        assert {name for name in after if after[name] != before[name]} == {first, second}
        sim.admin.set_node(sim.clusters[0].nodes[1], down=True)
        down = await _rows(rapi)
        assert sum(row[:2] == [[0, "ERROR_nodedown"], [2, None]] for row in down.values()) == 150
        named = ["&", ["|", ["=", "name", first], ["=", "name", "nosuch"]]]
        assert set(await _rows(rapi, qfilter=named)) == {first}


async def test_what_is_rendered_once_is_what_is_rendered_each_time() -> None:
    async with running_simulator(instances_per_cluster=300) as sim, client(sim.clusters[0]) as rapi:
        whole = await _rows(rapi)
        one = await rapi.get(f"/2/instances/{next(iter(whole))}")
        shown = [value for _status, value in next(iter(whole.values()))]
        assert shown == [
            one["status"],
            one["oper_state"],
            one["beparams"]["vcpus"],
            one["nic.macs"],
            one["mtime"],
        ]


async def test_a_poller_that_asks_too_much_is_slow_where_costs_are_simulated() -> None:
    async with running_simulator(cost_model=True) as sim, client(sim.clusters[0]) as rapi:
        for _ in range(800):
            sim.admin.operate("OP_CLUSTER_REDIST_CONF")
        clock = asyncio.get_running_loop()
        start = clock.time()
        await rapi.get("/version")
        free = clock.time()
        await rapi.call(
            "PUT", "/2/query/job", {"fields": ["id", "status"], "qfilter": [">", "id", 790]}
        )
        window = clock.time()
        await rapi.get("/2/jobs?bulk=1")
        bulk = clock.time()
        assert free - start < window - free < bulk - window
        assert bulk - window > 0.3
