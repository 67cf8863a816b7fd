"""Requests to storage agents go through the gateway, which alone has their token."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.simulator.testing import RunningSimulator
from services.rapi_gateway.domain.cluster import Agent
from services.rapi_gateway.ganeti.agents import Agents, Errand
from shared.clients.storage import StorageClient
from shared.contracts.gateway import ClusterPatch
from shared.contracts.storage import FromImage, VolumeWanted
from shared.errors import BadInput, Conflict, NotFound, Unavailable
from tests.integration.rapi_gateway.agent import TOKEN, FakeAgent, running_agent
from tests.integration.rapi_gateway.rig import Gateway, OneToken, create, registered, settled, until


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[FakeAgent]:
    async with running_agent(tmp_path) as running:
        yield running


@pytest.fixture
async def c1(gateway: Gateway, simulator: RunningSimulator, agent: FakeAgent) -> str:
    """A registered cluster with an agent."""
    return (await registered(gateway, simulator.clusters[0], **agent.registration())).name


@pytest.fixture
def storage(gateway: Gateway) -> StorageClient:
    return StorageClient(gateway.http, gateway.url, OneToken(), "storage")


async def test_a_cluster_is_registered_with_its_agent(
    gateway: Gateway, c1: str, agent: FakeAgent
) -> None:
    cluster = await gateway.client.cluster(c1)
    assert (cluster.ext_provider, cluster.has_agent) == ("cyclades", True)
    assert cluster.disk_template == "ext"
    assert [each["path"] for each in agent.heard] == ["/v1/pool"]
    shown = await gateway.ask("GET", f"/v1/clusters/{c1}")
    [row] = await gateway.sql("SELECT clusters::text AS row FROM clusters")
    assert TOKEN not in shown.text + row["row"] + str(await gateway.facts("gateway.cluster"))


async def test_requests_and_answers_are_passed_on(
    storage: StorageClient, c1: str, agent: FakeAgent
) -> None:
    assert (await storage.pool(c1)).free == 400
    image = FromImage(url=SecretStr("https://hush"), sha512="00", size=1, format="raw")
    volume = await storage.have_volume(c1, "vol-1", VolumeWanted(size=64, source=image))
    assert (volume.id, volume.size) == ("vol-1", 64)
    await storage.drop_volume(c1, "vol-1")
    asked = [(each["method"], each["path"]) for each in agent.heard[1:]]
    assert asked == [
        ("GET", "/v1/pool"),
        ("PUT", "/v1/volumes/vol-1"),
        ("DELETE", "/v1/volumes/vol-1"),
    ]
    assert "https://hush" in agent.heard[2]["body"]
    assert "X-Auth-Token" not in agent.heard[2]["headers"]


async def test_a_call_that_is_given_up_while_tls_begins_leaves_no_connection() -> None:
    met, left = asyncio.Event(), asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)  # of its greeting, which nobody answers
        met.set()
        await reader.read()
        left.set()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    agents = Agents(lambda sealed: sealed, connect=60.0, read=60.0)
    agent = Agent(url=f"https://127.0.0.1:{port}", sealed="token")
    calling = asyncio.create_task(agents.call(agent, None, Errand(method="GET", path="/v1/pool")))
    await met.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    async with server, asyncio.timeout(10):
        await left.wait()
    await agents.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (409, Conflict), (400, BadInput), (500, Unavailable), (401, Unavailable)],
)
async def test_refusals_keep_their_meaning(
    storage: StorageClient, c1: str, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as refused:
        await storage.volume(c1, str(status))
    if status in {404, 409, 400}:
        assert str(refused.value) == f"The agent says {status}."


@pytest.mark.parametrize("path", ["../pool", "volumes/a/b/c", "volumes/%2e%2e", "Pool", "pool?x"])
async def test_paths_that_no_agent_has_are_not_passed_on(
    gateway: Gateway, c1: str, agent: FakeAgent, path: str
) -> None:
    answer = await gateway.ask("GET", f"/v1/clusters/{c1}/storage/{path}")
    if path != "pool?x":
        assert answer.status_code == 404
    assert {each["path"] for each in agent.heard} == {"/v1/pool"}


async def test_a_large_body_is_refused(gateway: Gateway, c1: str) -> None:
    path = f"/v1/clusters/{c1}/storage/volumes/v"
    answer = await gateway.ask("PUT", path, {"x": "x" * 100_000})
    assert answer.status_code == 413


async def test_ordinary_users_do_not_reach_agents(gateway: Gateway, c1: str) -> None:
    answer = await gateway.ask("GET", f"/v1/clusters/{c1}/storage/pool", user="user")
    assert answer.status_code == 403


async def test_an_agent_is_found_on_each_node(
    gateway: Gateway, simulator: RunningSimulator, c1: str, agent: FakeAgent, storage: StorageClient
) -> None:
    for node in simulator.admin.site().state.nodes.values():
        node.address = "127.0.0.1"
    await gateway.client.change(c1, ClusterPatch(url=simulator.clusters[0].url))
    each = agent.url.replace("127.0.0.1", "{node}")
    # The way in is looked at anew only when it changes: the addresses come with the next look.
    await gateway.sql("UPDATE clusters SET addresses = :now", now=_addresses(simulator))
    await gateway.client.change(c1, ClusterPatch(agent_url=each))
    assert (await storage.pool(c1)).total == 1000


def _addresses(simulator: RunningSimulator) -> str:
    nodes = simulator.admin.site().state.nodes
    return "{" + ", ".join(f'"{name}": "127.0.0.1"' for name in nodes) + "}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_token": "guessed"},
        {"agent_ca_pem": (Path(__file__).parent / "other.pem").read_text()},
        {"agent_ca_pem": "no certificate"},
        {"agent_token": None},
        {"agent_url": None},
        {"agent_url": "http://127.0.0.1:1"},
        {"agent_url": "https://127.0.0.1:1"},
        {"ext_provider": "cyclades", "disk_template": "drbd"},
    ],
)
async def test_an_agent_that_is_not_one_is_refused(
    gateway: Gateway, simulator: RunningSimulator, agent: FakeAgent, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        await registered(gateway, simulator.clusters[0], **agent.registration(**wrong))
    assert await gateway.client.clusters() == []


async def test_an_agent_can_be_taken_away(
    gateway: Gateway, c1: str, storage: StorageClient
) -> None:
    patch = ClusterPatch(agent_url=None, ext_provider=None)
    cluster = await gateway.client.change(c1, patch)
    assert (cluster.has_agent, cluster.ext_provider, cluster.disk_template) == (False, None, "file")
    with pytest.raises(NotFound):
        await storage.pool(c1)
    answer = await gateway.ask("GET", f"/v1/clusters/{c1}/instances/{uuid4()}/console-output")
    assert answer.status_code == 501


async def test_what_an_instance_wrote_is_read_through_the_agent(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    for name in ("loud-1", "silent-1", "silent-2"):
        key = uuid4()
        await gateway.client.submit(c1, key, create(name))
        job = (await settled(gateway, c1, key)).job_id
        await until(partial(_is_over, simulator, job or 0))
    (asleep,) = (
        each for each in simulator.admin.site().state.instances.values() if each.name == "silent-2"
    )
    asleep.running = False
    written = gateway.client.console_output
    assert (await written(c1, "loud-1", 3)).output == "loud-1 3"
    assert (await written(c1, "silent-1", 3)).output == "", "it has just begun"
    with pytest.raises(NotFound):
        await written(c1, "silent-2", 3)
    with pytest.raises(NotFound):
        await written(c1, "nobody", 3)


async def _is_over(simulator: RunningSimulator, job: int) -> bool:
    return simulator.admin.site().state.jobs[job].ops[-1].status == "success"
