"""The simulator's faults look to a client like the real thing."""

import json

import aiohttp
import pytest

from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import client, create


async def _lost(sim: RunningSimulator, name: str) -> None:
    async with client(sim.clusters[0]) as rapi:
        with pytest.raises(aiohttp.ClientError):
            await rapi.call("POST", "/2/instances", create(name))


async def test_a_lost_response_leaves_a_job_behind() -> None:
    async with running_simulator() as sim:
        sim.admin.set_faults(lose_responses=1)
        await _lost(sim, "lost")
        async with client(sim.clusters[0]) as rapi:
            body = {
                "fields": ["id"],
                "qfilter": ["=[]", "summary", "INSTANCE_CREATE(lost)"],
            }
            _, found = await rapi.call("PUT", "/2/query/job", body)
            assert len(found["data"]) == 1


async def test_a_dropped_request_leaves_nothing_behind() -> None:
    async with running_simulator() as sim:
        sim.admin.set_faults(drop_requests=1)
        await _lost(sim, "dropped")
        async with client(sim.clusters[0]) as rapi:
            assert [job["id"] for job in await rapi.get("/2/jobs")] == [1]


async def test_without_luxid_only_the_version_is_known() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        sim.admin.set_faults(luxid_down=True)
        status, answer = await rapi.call("GET", "/2/info")
        assert status == 502
        assert answer["message"].startswith("Can&#x27;t connect to master daemon")
        assert await rapi.get("/version") == 2
        sim.admin.heal()
        assert (await rapi.get("/2/info"))["name"] == sim.clusters[0].name


async def test_faults_of_one_cluster_do_not_touch_another() -> None:
    async with running_simulator(clusters=2) as sim, client(sim.clusters[1]) as second:
        sim.admin.drain(1)
        sim.admin.set_faults(1, refuse_auth=True)
        async with client(sim.clusters[0]) as first:
            assert (await first.call("GET", "/2/info"))[0] == 401
        job = await second.run("POST", "/2/instances", create("fine"))
        assert job["status"] == "success"


@pytest.mark.parametrize(
    ("flags", "status", "oper_state"),
    [
        ({"down": True}, "ERROR_nodedown", None),
        ({"offline": True}, "ERROR_nodeoffline", None),
        ({"drained": True}, "running", True),
    ],
)
async def test_instances_show_the_trouble_of_their_node(
    flags: dict[str, bool], status: str, *, oper_state: bool | None
) -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances", create("i"))
        sim.admin.set_node(job["opresult"][0][0], **flags)
        found = await rapi.get("/2/instances/i")
        assert (found["status"], found["oper_state"]) == (status, oper_state)


async def test_a_crash_and_a_shutdown_inside_are_told_apart() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        sim.admin.crash("i")
        assert (await rapi.get("/2/instances/i"))["status"] == "ERROR_down"
        await rapi.run("PUT", "/2/instances/i/startup")
        assert (await rapi.get("/2/instances/i"))["status"] == "running"
        sim.admin.shut_down_inside("i")
        assert (await rapi.get("/2/instances/i"))["status"] == "USER_down"


async def test_an_administrators_job_does_not_look_like_a_users() -> None:
    async with running_simulator() as sim, client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i"))
        number = sim.admin.operate("OP_INSTANCE_SHUTDOWN", instance_name="i")
        while (job := await rapi.get(f"/2/jobs/{number}"))["status"] != "success":
            continue
        assert job["ops"][0]["reason"][0][:2] == ["gnt:client:gnt-instance", "instance_shutdown"]
        assert (await rapi.get("/2/instances/i"))["status"] == "ADMIN_down"
        happened = [event["what"] for event in sim.admin.truth()]
        assert happened == ["instance.created", "instance.stopped"]


async def test_the_admin_port_offers_the_same() -> None:
    async with running_simulator(admin_port=0) as sim, aiohttp.ClientSession() as http:
        base = f"{sim.admin_url}/sim/clusters"
        async with http.post(f"{base}/1/drain", json={"drained": True}) as answer:
            assert answer.status == 200
        async with http.get(base) as answer:
            assert json.loads(await answer.read())["result"][0]["drained"] is True
        async with http.post(f"{base}/1/reset") as answer:
            assert answer.status == 200
        async with http.get(base) as answer:
            assert json.loads(await answer.read())["result"][0]["drained"] is False


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/9/faults", {}, 404),
        ("/1/faults", {"nosuch": 1}, 404),
        ("/1/instances/nosuch", {"what": "crash"}, 404),
        ("/1/operations", {"opcode": "OP_NOSUCH"}, 400),
        ("/1/operations", {"opcode": "OP_INSTANCE_STARTUP", "nosuch": 1}, 400),
    ],
)
async def test_the_admin_port_refuses_nonsense(
    path: str, body: dict[str, object], status: int
) -> None:
    async with (
        running_simulator(admin_port=0) as sim,
        aiohttp.ClientSession() as http,
        http.post(f"{sim.admin_url}/sim/clusters{path}", json=body) as answer,
    ):
        assert answer.status == status
