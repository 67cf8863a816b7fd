"""Ganeti's words for what cannot be: texts and codes as they were recorded."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.simulator.settings import NodeShape
from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client, create

SMALL = NodeShape(memory_mib=2048, reserved_mib=0, cpus=2, disk_mib=8192)
HAIL = (
    "Can't compute nodes using iallocator 'hail': Request failed: "
    "Group default (preferred): No valid allocation solutions, failure reasons: "
)
ROOM = "insufficient_resources"
TEMPLATE = (
    "Disk template 'plain' is not enabled in cluster. "
    "Enabled disk templates are: file,sharedfile,ext,diskless"
)
PARAMETERS = (
    "OS Parameters validation failed on node {node}: "
    "The following parameters are not supported by the OS noop: a, b"
)


@pytest.fixture
async def sim() -> AsyncIterator[RunningSimulator]:
    async with running_simulator(node=SMALL, max_vcpus=8, vcpu_ratio=2) as running:
        yield running


async def _error(rapi: Client, method: str, path: str, body: Any = None) -> list[Any]:
    job = await rapi.run(method, path, body)
    assert job["status"] == "error", job
    kind, words = job["opresult"][0]
    return [kind, *words]


CREATES: list[tuple[dict[str, Any], str, str | None]] = [
    (
        {"beparams": {"vcpus": 99}, "pnode": "{node}"},
        "violates policy: cpu-count value 99 is not in range [1, 8]",
        "wrong_input",
    ),
    ({"beparams": {"maxmem": 4096, "minmem": 4096}}, HAIL + "FailMem: 2", ROOM),
    ({"beparams": {"vcpus": 8}}, HAIL + "FailCPU: 2", ROOM),
    ({"disk_template": "file", "disks": [{"size": 9000}]}, HAIL + "FailDisk: 2", ROOM),
    ({"instance_name": "there"}, "Instance 'there' is already in the cluster", "already_exists"),
    (
        {"disk_template": "plain"},
        TEMPLATE,
        None,
    ),
    ({"nics": [{"network": "nosuch"}]}, "Network 'nosuch' not found", "unknown_entity"),
    ({"instance_name": "bad_name!!"}, "Invalid hostname 'bad_name!!'", "wrong_input"),
    (
        {"name_check": True},
        "The given name (i) does not resolve: Temporary failure in name resolution",
        "resolver_error",
    ),
    (
        {"nics": [{"mode": "bridged", "link": "br7"}]},
        "Error checking bridges on destination node '{node}': Missing bridges br7",
        "environment_error",
    ),
    ({"os_type": None}, "No guest OS or OS image specified", "wrong_input"),
    (
        {"osparams": {"b": "1", "a": "2"}},
        PARAMETERS,
        None,
    ),
    ({"pnode": "nosuch"}, "Node 'nosuch' not known", "unknown_entity"),
]


@pytest.mark.parametrize(("more", "words", "code"), CREATES)
async def test_what_cannot_be_created(
    sim: RunningSimulator, more: dict[str, Any], words: str, code: str | None
) -> None:
    node = sim.clusters[0].nodes[1]  # the allocator's choice: it is empty
    async with client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("there", pnode=sim.clusters[0].nodes[0]))
        given = {name: node if value == "{node}" else value for name, value in more.items()}
        body = create("i") | given
        kind, text, *codes = await _error(rapi, "POST", "/2/instances", body)
    assert words.replace("{node}", node) in text
    assert codes == ([code] if code else [])
    assert kind == ("OpExecError" if "OS Parameters" in words else "OpPrereqError")


async def test_what_else_cannot_be(sim: RunningSimulator) -> None:
    first, second = sim.clusters[0].nodes
    async with client(sim.clusters[0]) as rapi:
        assert await _error(rapi, "PUT", "/2/tags?tag=!") != []
        net = {"network_name": "n", "network": "10.9.0.0/29"}
        await rapi.run("POST", "/2/networks", net)
        twice = await _error(rapi, "POST", "/2/networks", net)
        assert twice[1].startswith("Desired network name 'n' already exists as a network (UUID: ")
        assert twice[2] == "already_exists"
        body = create("i", pnode=first)
        await rapi.run("POST", "/2/instances", body)
        sim.admin.set_node(second, offline=True)
        target = {"target_node": second}
        assert await _error(rapi, "PUT", "/2/instances/i/migrate", target) == [
            "OpPrereqError", f"Can't use offline node: {second}", "wrong_state"
        ]  # fmt: skip
        kind, text = await _error(rapi, "POST", f"/2/nodes/{first}/evacuate", {"mode": "all"})
        assert kind == "OpExecError"
        assert text.startswith("Unable to evacuate instances i (Can't find any good node: ")


async def test_a_multi_alloc_may_have_room_for_some_only(sim: RunningSimulator) -> None:
    big = {"beparams": {"maxmem": 4096, "minmem": 4096}}
    specs = [create("fits", hypervisor="fake"), create("does-not", hypervisor="fake", **big)]
    for spec in specs:
        del spec["__version__"]
    async with client(sim.clusters[0]) as rapi:
        job = await rapi.run("POST", "/2/instances-multi-alloc", {"instances": specs})
    [result] = job["opresult"]
    assert (result["allocatable"], result["failed"]) == (["fits"], ["does-not"])
    assert len(result["jobs"]) == 1


REQUESTS: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/2/instances/i?lock=1", None, 500, "Sync queries are not allowed"),
    ("GET", "/2/jobs/77/wait", {"fields": ["id"], "previous_job_info": None}, 500, "job file"),
    ("GET", "/2/query/nosuch?fields=name", None, 502, ""),
    ("PUT", "/2/query/job", {"fields": ["id"], "qfilter": [">", "id", 1.5]}, 502, ""),
    ("PUT", "/2/query/job", {"fields": ["id"], "qfilter": ["~", "id", 1]}, 502, ""),
    ("POST", "/2/instances", create("x", reason=[]), 400, "Can't overwrite static parameters"),
    ("POST", "/2/instances", create("x", priority=3), 400, "OP_INSTANCE_CREATE.priority"),
    ("POST", "/2/instances", {"instance_name": "x"}, 400, "version 0 is no longer supported"),
    ("PUT", "/2/instances/i/modify", None, 500, "has no attribute"),
    ("GET", "/2/instances/nosuch", None, 404, ""),
    ("PATCH", "/2/instances/i", None, 501, ""),
    ("GET", "/2/instances/i/console", None, 503, "unavailable"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REQUESTS)
async def test_what_rapi_refuses(
    sim: RunningSimulator, method: str, path: str, body: Any, status: int, words: str
) -> None:
    async with client(sim.clusters[0]) as rapi:
        await rapi.run("POST", "/2/instances", create("i", start=False))
        code, answer = await rapi.call(method, path, body)
    assert (code, answer["code"]) == (status, status)
    text = answer.get("explain", "") + answer.get("message", "")
    assert words.replace("'", "&#x27;") in text or words in text
