"""DRBD: instances with a secondary node, and what moves between both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.simulator.testing import RunningSimulator, running_simulator
from tests.integration.simulator.clouds import Client, client, create

MIRRORED: dict[str, Any] = {"disk_template": "drbd", "disks": [{"size": 64}]}


@asynccontextmanager
async def _cloud(nodes: int = 3) -> AsyncIterator[tuple[RunningSimulator, Client]]:
    settings: dict[str, Any] = {"disk_templates": ("drbd", "file"), "nodes_per_cluster": nodes}
    async with running_simulator(**settings) as sim, client(sim.clusters[0]) as rapi:
        yield sim, rapi


async def _nodes(rapi: Client, name: str = "i") -> tuple[str, list[str]]:
    found = await rapi.get(f"/2/instances/{name}")
    return found["pnode"], found["snodes"]


async def test_a_mirrored_instance_has_two_nodes() -> None:
    async with _cloud() as (_, rapi):
        job = await rapi.run("POST", "/2/instances", create("i", **MIRRORED))
        assert job["status"] == "success", job["opresult"]
        pnode, snodes = await _nodes(rapi)
        assert job["opresult"] == [[pnode, *snodes]]
        assert len({pnode, *snodes}) == 2
        second = await rapi.get(f"/2/nodes/{snodes[0]}")
        assert (second["sinst_cnt"], second["sinst_list"]) == (1, ["i"])


async def test_it_moves_to_its_secondary_and_back() -> None:
    async with _cloud() as (_, rapi):
        await rapi.run("POST", "/2/instances", create("i", **MIRRORED))
        first, (second,) = await _nodes(rapi)
        assert (await rapi.run("PUT", "/2/instances/i/migrate", {}))["status"] == "success"
        assert await _nodes(rapi) == (second, [first])
        assert (await rapi.run("PUT", "/2/instances/i/failover", {}))["status"] == "success"
        assert await _nodes(rapi) == (first, [second])
        job = await rapi.run("PUT", "/2/instances/i/migrate", {"target_node": second})
        assert job["opresult"][0][1][1] == "wrong_input"


async def test_its_mirror_moves_elsewhere() -> None:
    async with _cloud() as (sim, rapi):
        await rapi.run("POST", "/2/instances", create("i", **MIRRORED))
        first, (second,) = await _nodes(rapi)
        (third,) = set(sim.clusters[0].nodes) - {first, second}
        body = {"mode": "replace_new_secondary", "remote_node": third}
        assert (await rapi.run("POST", "/2/instances/i/replace-disks", body))["status"] == "success"
        assert await _nodes(rapi) == (first, [third])
        job = await rapi.run("POST", "/2/instances/i/replace-disks", body)
        assert job["opresult"][0][1][1] == "wrong_input"
        await rapi.run("POST", "/2/instances/i/replace-disks", {"mode": "replace_auto"})
        assert await _nodes(rapi) == (first, [second])


async def test_a_node_is_emptied_of_mirrors() -> None:
    async with _cloud() as (_, rapi):
        await rapi.run("POST", "/2/instances", create("i", **MIRRORED))
        first, (second,) = await _nodes(rapi)
        body = {"mode": "secondary-only"}
        job = await rapi.run("POST", f"/2/nodes/{second}/evacuate", body)
        ((_, child),) = job["opresult"][0]["jobs"]
        while (await rapi.get(f"/2/jobs/{child}"))["status"] != "success":
            continue
        pnode, snodes = await _nodes(rapi)
        assert pnode == first
        assert second not in snodes


async def test_without_a_second_node_there_is_no_mirror() -> None:
    async with _cloud(nodes=1) as (_, rapi):
        job = await rapi.run("POST", "/2/instances", create("i", **MIRRORED))
        assert job["opresult"][0][1][1] == "insufficient_resources"
