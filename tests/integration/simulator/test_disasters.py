"""What befalls whole clusters: failovers, crashes, lost and reused job ids, new passwords."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from deploy.simulator.settings import Durations
from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client, create

SLOW = Durations(default=0.15, start_delay=0.002, by_opcode={"OP_TAGS_SET": 0.01})


async def _tag(rapi: Client, times: int = 1) -> list[int]:
    return [(await rapi.run("PUT", "/2/tags?tag=x"))["id"] for _ in range(times)]


async def _running(rapi: Client, name: str) -> int:
    """A shutdown in the middle of its work."""
    _, number = await rapi.call("PUT", f"/2/instances/{name}/shutdown")
    while (await rapi.get(f"/2/jobs/{number}"))["status"] != "running":
        continue
    return int(number)


async def test_after_a_failover_another_node_is_the_master_at_the_same_address() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        before = await rapi.get("/2/info")
        result = await sim.admin.fail_over()
        after = await rapi.get("/2/info")
        assert (before["master"], after["master"]) == sim.clusters[0].nodes
        assert result["master"] == after["master"]
        assert before["uuid"] == after["uuid"]
        assert await rapi.get(f"/2/nodes/{after['master']}/role") == "master"


async def test_during_a_failover_connections_are_refused() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await sim.admin.fail_over(seconds=0.6)
        with pytest.raises(aiohttp.ClientConnectorError):
            await rapi.get("/version")
        while True:
            try:
                found = await rapi.get("/version")
            except aiohttp.ClientConnectorError:
                continue
            assert found == 2
            return


async def test_without_its_floating_address_only_the_new_master_answers() -> None:
    async with running_simulator(node_listeners=True) as sim:
        there = sim.clusters[0]
        await sim.admin.fail_over(floating=False)
        answers = []
        for url in (there.url, *there.node_urls):
            async with client(replace(there, url=url)) as rapi:
                try:
                    answers.append((await rapi.get("/2/info"))["master"])
                except aiohttp.ClientConnectorError:
                    answers.append(None)
        assert answers == [None, None, there.nodes[1]]


@pytest.mark.parametrize(("effects", "status"), [(1.0, "ADMIN_down"), (0.0, "running")])
async def test_jobs_in_flight_end_without_master_done_or_not(effects: float, status: str) -> None:
    async with running_simulator(durations=SLOW) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        number = await _running(rapi, "i")
        result = await sim.admin.fail_over(effects=effects, detected=0.01)
        assert result["in_flight"] == [number]
        job = await rapi.ended(number)
        assert (job["status"], job["opresult"][0][0]) == ("error", "NoMasterError")
        assert (await rapi.get("/2/instances/i"))["status"] == status


async def test_a_crashed_masters_jobs_are_found_dead() -> None:
    async with running_simulator(durations=SLOW) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        number = await _running(rapi, "i")
        await sim.admin.fail_over(crash=True, detected=0.3)
        assert (await rapi.get(f"/2/jobs/{number}"))["status"] == "running"
        job = await rapi.ended(number)
        assert job["ops"][0]["reason"][-1][0] == "gnt:daemon:luxid:deathdetection"
        assert sim.admin.site().state.nodes[sim.clusters[0].nodes[0]].down


async def test_a_new_master_may_not_know_old_jobs() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        _, second, third = await _tag(rapi, 3)
        await sim.admin.fail_over(keep_from=third)
        assert [job["id"] for job in await rapi.get("/2/jobs")] == [third]
        assert (await rapi.get(f"/2/jobs/{second}"))["status"] is None
        assert await _tag(rapi) == [third + 1]


async def test_ids_are_used_again_when_the_serial_goes_back() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        first, second = await _tag(rapi, 2)
        received = (await rapi.get(f"/2/jobs/{second}"))["received_ts"]
        sim.admin.regress_serial(to=first)
        assert (await rapi.get(f"/2/jobs/{second}"))["status"] is None
        assert await _tag(rapi) == [second]
        assert (await rapi.get(f"/2/jobs/{second}"))["received_ts"] > received


async def test_ids_may_have_no_job() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        (first,) = await _tag(rapi)
        assert sim.admin.skip_ids(count=2) == first + 2
        assert await _tag(rapi) == [first + 3]
        sim.admin.set_faults(lose_jobs=1)
        status, _ = await rapi.call("PUT", "/2/tags?tag=y")
        assert status == 502
        assert await _tag(rapi) == [first + 5]


async def test_a_crash_of_luxid_loses_jobs_that_had_not_started() -> None:
    settings: dict[str, Any] = {"durations": SLOW, "max_running_jobs": 1}
    async with running_simulator(**settings) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        running = await _running(rapi, "i")
        queued = [(await rapi.call("PUT", "/2/tags?tag=x"))[1] for _ in range(2)]
        result = await sim.admin.crash_luxid(seconds=0.6, lost=1)
        assert result == {"lost": queued[1:], "in_flight": []}
        assert (await rapi.call("GET", "/2/jobs"))[0] == 502
        while (await rapi.call("GET", "/2/info"))[0] == 502:
            continue
        assert (await rapi.ended(running))["status"] == "success"
        assert (await rapi.ended(queued[0]))["status"] == "success"
        assert (await rapi.get(f"/2/jobs/{queued[1]}"))["status"] is None


async def test_a_crash_of_luxid_takes_the_secrets_of_what_waits_in_the_queue() -> None:
    """Seen on 3.0.2: the job is refused before it changes anything."""
    secret = create("s", osparams_secret={"image_url": "http://x/"})
    settings: dict[str, Any] = {"durations": SLOW, "max_running_jobs": 1}
    async with running_simulator(**settings) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        await _running(rapi, "i")
        _status, queued = await rapi.call("POST", "/2/instances", secret)
        await sim.admin.crash_luxid(seconds=0.2)
        while (await rapi.call("GET", "/2/info"))[0] == 502:
            continue
        job = await rapi.ended(queued)
        wanted = ["OpPrereqError", ["Please re-submit secret parameters to job.", "wrong_input"]]
        assert (job["status"], job["opresult"]) == ("error", [wanted])
        assert [each["id"] for each in await rapi.get("/2/instances")] == ["i"]


@pytest.mark.parametrize(("fault", "left"), [("time_out_accepted", 1), ("time_out_refused", 0)])
async def test_a_504_says_nothing_about_the_job(fault: str, left: int) -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        before = len(await rapi.get("/2/jobs"))
        sim.admin.set_faults(**{fault: 1})
        assert (await rapi.call("PUT", "/2/tags?tag=x"))[0] == 504
        assert len(await rapi.get("/2/jobs")) == before + left


async def test_foreign_clients_leave_few_slots() -> None:
    async with running_simulator(durations=SLOW) as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        number = await _running(rapi, "i")
        sim.admin.set_faults(taken_slots=20)
        body = {"fields": ["end_ts"], "previous_job_info": [None]}
        wait = asyncio.create_task(rapi.call("GET", f"/2/jobs/{number}/wait", body))
        await _watched(sim, number)
        version = asyncio.create_task(rapi.get("/version"))
        await wait
        assert not version.done()
        assert await version == 2


async def _watched(sim: RunningSimulator, number: int) -> None:
    for _ in range(10_000):
        if number in sim.admin.site().queue._watchers:
            return
        await asyncio.sleep(0)


async def test_rotated_credentials_work_and_the_old_ones_do_not() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        sim.admin.rotate_credentials(password="another")
        assert (await rapi.call("GET", "/2/info"))[0] == 401
        async with client(replace(sim.clusters[0], password="another")) as renewed:
            assert (await renewed.call("GET", "/2/info"))[0] == 200


async def test_an_upgrade_changes_the_version_in_place() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        assert "custom_osparams" not in await rapi.get("/2/instances/i")
        sim.admin.upgrade(version="3.1.1")
        assert (await rapi.get("/2/info"))["software_version"] == "3.1.1"
        assert "custom_osparams" in await rapi.get("/2/instances/i")


async def test_what_ganetis_watcher_does() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        sim.admin.crash("i")
        jobs = [await rapi.ended(number) for number in sim.admin.run_watcher()]
        assert [job["summary"] for job in jobs] == [
            ["INSTANCE_STARTUP(i)"],
            ["GROUP_VERIFY_DISKS(default)"],
        ]
        assert {job["status"] for job in jobs} == {"success"}
        assert (await rapi.get("/2/instances/i"))["status"] == "running"


async def test_what_was_archived_and_purged_is_unknown() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        (first,) = await _tag(rapi)
        sim.admin.archive()
        assert await rapi.get("/2/jobs") == []
        assert (await rapi.get(f"/2/jobs/{first}"))["status"] == "success"
        sim.admin.purge()
        assert (await rapi.get(f"/2/jobs/{first}"))["status"] is None


async def test_only_so_many_archived_jobs_are_remembered() -> None:
    async with running_simulator(archive_kept=2) as sim, client(sim.clusters[0]) as rapi:
        first, second, third = await _tag(rapi, 3)
        sim.admin.archive()
        known = [(await rapi.get(f"/2/jobs/{n}"))["status"] for n in (first, second, third)]
        assert known == [None, "success", "success"]


async def test_the_history_has_every_transition_of_every_job() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances", create("i"))
        entries = sim.admin.history()
        assert [entry[0] for entry in entries] == [1, 2, 3, 4]
        assert [entry[6] for entry in entries] == ["queued", "waiting", "running", "success"]
        assert {entry[2:6] for entry in entries} == {
            (job["id"], _float(job["received_ts"]), 0, "OP_INSTANCE_CREATE")
        }
        assert {entry[7] for entry in entries} == {("i",)}
        assert sim.admin.history(after=3) == entries[3:]
        assert sim.admin.news(since=entries[1][1]) == {1: entries[2:]}
        assert sim.admin.news(since=entries[-1][1]) == {}


def _float(stamp: list[int]) -> float:
    return stamp[0] + stamp[1] / 1e6


async def test_the_admin_port_brings_disasters_as_well() -> None:
    async with running_simulator(admin_port=0) as sim, aiohttp.ClientSession() as http:
        base = f"{sim.admin_url}/sim/clusters/1"
        for path, body, status in (
            ("fail-over", {}, 200),
            ("fail-over", {"to": "nobody"}, 409),
            ("crash-luxid", {"lost": 0}, 200),
            ("skip-ids", {"count": 3}, 200),
            ("serial", {"to": 2}, 200),
            ("lose-jobs", {"ids": [1]}, 200),
            ("purge", {}, 200),
            ("credentials", {"password": "p"}, 200),
            ("version", {"version": "3.1.1"}, 200),
            ("version", {"version": "9"}, 409),
            ("watcher", {}, 200),
        ):
            async with http.post(f"{base}/{path}", json=body) as answer:
                assert (path, answer.status) == (path, status)
        async with http.get(f"{base}/history?after=0") as answer:
            assert [entry[0] for entry in (await answer.json())["result"]][:1] == [1]


async def test_a_second_failover_may_overtake_the_first() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await sim.admin.fail_over(seconds=60)
        await sim.admin.fail_over()
        assert (await rapi.get("/2/info"))["master"] == sim.clusters[0].nodes[0]
