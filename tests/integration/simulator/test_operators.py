"""What operators and versions decide: job filters, node locks, dialects of 2.16, 3.0 and 3.1."""

import asyncio
from typing import Any

import pytest

from deploy.simulator.settings import Durations
from deploy.simulator.testing import running_simulator
from tests.integration.simulator.clouds import client, create

SLOW = Durations(default=0.1, start_delay=0.002, by_opcode={})
USERS = ["reason", ["=", "source", "gnt:user"]]


async def test_a_paused_job_runs_when_the_rule_is_gone() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        rule = {"priority": 0, "predicates": [USERS], "action": "PAUSE", "reason": []}
        _, uuid = await rapi.call("POST", "/2/filters", rule)
        _, number = await rapi.call("PUT", "/2/tags?tag=x&reason=corr")
        await rapi.run("PUT", "/2/tags?tag=y")  # nobody's: it goes past
        assert (await rapi.get(f"/2/jobs/{number}"))["status"] == "queued"
        assert [row["uuid"] for row in await rapi.get("/2/filters")] == [uuid]
        assert (await rapi.call("DELETE", f"/2/filters/{uuid}"))[0] == 200
        assert (await rapi.ended(number))["status"] == "success"


async def test_a_rejected_job_is_cancelled_without_a_result() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        rule = {"predicates": [["opcode", ["=", "OP_ID", "OP_TAGS_SET"]]], "action": "REJECT"}
        _, uuid = await rapi.call("POST", "/2/filters", rule)
        job = await rapi.run("PUT", "/2/tags?tag=x")
        assert (job["status"], job["opresult"]) == ("canceled", [None])
        await rapi.call("PUT", f"/2/filters/{uuid}", {**rule, "action": "ACCEPT"})
        assert (await rapi.run("PUT", "/2/tags?tag=x"))["status"] == "success"


@pytest.mark.parametrize(
    "rule",
    [
        {"nosuch": 1},
        {"priority": -1},
        {"predicates": "all"},
        {"predicates": [["nosuch", []]]},
        {"predicates": [["opcode", ["nosuch", "OP_ID", 1]]]},
        {"action": "EXPLODE"},
        {"action": ["RATE_LIMIT", 0]},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        assert (await rapi.call("POST", "/2/filters", rule))[0] == 400
        assert await rapi.get("/2/filters") == []
        assert (await rapi.call("DELETE", "/2/filters/nosuch"))[0] == 404


async def _overlap(nodes: int, **body: Any) -> list[Any]:
    settings: dict[str, Any] = {"node_locks": True, "nodes_per_cluster": nodes, "durations": SLOW}
    async with running_simulator(**settings) as sim, client(sim.clusters[0]) as rapi:
        numbers = [
            (await rapi.call("POST", "/2/instances", create(name, **body)))[1]
            for name in ("a", "b")
        ]
        return [await rapi.ended(number) for number in numbers]


def _seconds(stamp: list[int]) -> float:
    return stamp[0] + stamp[1] / 1e6


async def test_creates_on_one_node_follow_one_another_where_nodes_are_locked() -> None:
    first, second = await _overlap(1)
    assert [first["status"], second["status"]] == ["success", "success"]
    assert first["end_ts"] < second["end_ts"]
    assert _seconds(second["end_ts"]) - _seconds(first["start_ts"]) > 0.15


async def test_an_opportunist_that_finds_no_free_node_may_try_later() -> None:
    jobs = await _overlap(1, opportunistic_locking=True)
    assert [job["status"] for job in jobs] == ["success", "error"]
    assert jobs[1]["opresult"][0][1][1] == "temp_insufficient_resources"


async def test_only_new_versions_rename_networks_and_describe_oses() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/networks", {"network_name": "n", "network": "10.9.0.0/29"})
        renaming = "PUT", "/2/networks/n/rename", {"new_name": "m"}
        modify = "PUT", "/2/instances/i/modify", {"hotplug_if_possible": True}
        assert (await rapi.call(*renaming))[0] == 404
        assert (await rapi.call(*modify))[0] == 200
        assert "cyclades+default" in await rapi.get("/2/os?bulk=1")
        sim.admin.upgrade(version="3.1.1")
        assert (await rapi.run(*renaming))["opresult"] == ["m"]
        assert (await rapi.call(*modify))[0] == 400
        assert [os["name"] for os in await rapi.get("/2/os?bulk=1")] == ["cyclades", "noop"]


async def test_an_opcode_may_fail_for_want_of_the_configurations_lock() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        sim.admin.set_faults(lock_timeouts=1)
        assert (await rapi.run("PUT", "/2/tags?tag=x"))["opresult"] == [["OpExecError", [""]]]
        assert (await rapi.run("PUT", "/2/tags?tag=x"))["status"] == "success"


async def test_a_job_may_start_late_and_real_ones_take_their_time() -> None:
    durations = Durations(realistic=True, late_starts=1, warp=1000)
    settings: dict[str, Any] = {"durations": durations}
    async with running_simulator(**settings) as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("PUT", "/2/tags?tag=x")
        assert _seconds(job["start_ts"]) - _seconds(job["received_ts"]) > 0.03
        assert job["status"] == "success"


async def test_ganetis_watcher_runs_by_itself_where_it_is_wanted() -> None:
    async with running_simulator(watcher_every=0.05) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        sim.admin.crash("i")
        async with asyncio.timeout(30):
            while (await rapi.get("/2/instances/i"))["status"] != "running":
                continue
        assert "instance.started" in [each["what"] for each in sim.admin.truth()]
