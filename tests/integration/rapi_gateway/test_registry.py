"""Clusters are tried before they are believed, and others hear of every change."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.simulator.testing import RunningSimulator, running_simulator
from shared.contracts.gateway import ClusterPatch, ClusterState, Link, Query
from shared.errors import BadInput, Conflict, NotFound
from tests.integration.rapi_gateway.rig import (
    KEY,
    Gateway,
    create,
    registered,
    registration,
    running_gateway,
    until,
)

OTHER_CERTIFICATE = Path(__file__).parent / "other.pem"


async def test_a_cluster_is_registered_with_its_capacity(
    gateway: Gateway, simulator: RunningSimulator
) -> None:
    simulator.admin.site().state.tags.append("htools:iextags:rack")
    links = {"physnet1": Link(link="br0")}
    cluster = await registered(gateway, simulator.clusters[0], links=links)
    assert cluster == await gateway.client.cluster("c1")
    assert [cluster] == await gateway.client.clusters()
    assert (cluster.state, cluster.health, cluster.epoch) == (ClusterState.ENABLED, "up", 1)
    assert (cluster.software_version, cluster.hypervisor) == ("3.0.2", "fake")
    assert (cluster.os, cluster.disk_template) == ("cyclades+default", "file")
    assert "ext" in cluster.disk_templates
    assert cluster.links == links
    assert cluster.settle == 0.5
    assert cluster.availability_zone == "c1"
    assert cluster.groups == ["default"]
    assert cluster.exclusion_prefixes == ["rack"]
    assert [(node.group, node.vcpus, node.memory) for node in cluster.nodes] == [
        ("default", 16, 32768 - 1024)
    ] * 2
    [fact] = await gateway.facts("gateway.cluster")
    assert (fact["verb"], fact["cluster"]) == ("created", cluster.model_dump(mode="json"))


async def test_the_credential_is_kept_sealed_and_never_shown(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    password = simulator.clusters[0].password
    [row] = await gateway.sql("SELECT clusters::text AS row FROM clusters")
    assert password not in row["row"]
    answer = await gateway.ask("GET", f"/v1/clusters/{c1}")
    assert password not in answer.text
    assert "username" not in answer.text
    assert KEY not in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": SecretStr("wrong")}, "user name or the password"),
        ({"username": "reader", "password": SecretStr("reader-sim")}, "option write"),
        ({"ca_pem": OTHER_CERTIFICATE.read_text()}, "not trusted"),
        ({"ca_pem": None}, "not trusted"),
        ({"ca_pem": "no certificate"}, "no certificate"),
        ({"url": "https://127.0.0.1:1"}, "does not answer"),
        ({"url": "http://127.0.0.1:5080"}, "https://host:port"),
        ({"url": "https://user@127.0.0.1:5080"}, "https://host:port"),
        ({"disk_template": "drbd"}, "not enabled"),
    ],
)
async def test_a_cluster_that_does_not_stand_the_trial_is_refused(
    gateway: Gateway, simulator: RunningSimulator, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        await gateway.client.register(registration(simulator.clusters[0], **wrong))
    assert await gateway.client.clusters() == []


async def test_a_certificate_can_be_pinned_at_first_sight(
    gateway: Gateway, simulator: RunningSimulator
) -> None:
    endpoint = simulator.clusters[0]
    await registered(gateway, endpoint, ca_pem=None, trust_on_first_use=True)
    [row] = await gateway.sql("SELECT ca_pem FROM clusters")
    assert row["ca_pem"].startswith("-----BEGIN CERTIFICATE-----")
    info = await gateway.client.info("c1")
    assert info["epoch"] == 1


async def test_one_ganeti_cluster_is_registered_once(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    with pytest.raises(Conflict, match="registered already"):
        await gateway.client.register(registration(simulator.clusters[0]))
    with pytest.raises(Conflict, match="another name"):
        await gateway.client.register(registration(simulator.clusters[0], name="c2"))


async def test_a_cluster_is_changed_and_tried_anew(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    with pytest.raises(BadInput, match="password"):
        await gateway.client.change(c1, ClusterPatch(password=SecretStr("wrong")))
    changed = await gateway.client.change(
        c1, ClusterPatch(state="drained", availability_zone="north", disk_template="sharedfile")
    )
    assert (changed.state, changed.availability_zone) == (ClusterState.DRAINED, "north")
    assert changed.disk_template == "sharedfile"
    assert changed.version == 2
    facts = await gateway.facts("gateway.cluster")
    assert [fact["verb"] for fact in facts] == ["created", "updated"]
    await gateway.client.change(c1, ClusterPatch(state="drained"))
    assert len(await gateway.facts("gateway.cluster")) == 2, "nothing changed, nothing to tell"


async def test_a_cluster_does_not_become_another_one(gateway: Gateway) -> None:
    async with running_simulator(clusters=2) as two:
        await registered(gateway, two.clusters[0])
        with pytest.raises(BadInput, match="Another Ganeti cluster"):
            await gateway.client.change("c1", ClusterPatch(url=two.clusters[1].url))


async def test_a_removed_cluster_may_come_back_with_a_later_version(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    await gateway.client.remove(c1)
    with pytest.raises(NotFound):
        await gateway.client.cluster(c1)
    with pytest.raises(NotFound):
        await gateway.client.remove(c1)
    [row] = await gateway.sql("SELECT sealed, ca_pem FROM clusters")
    assert (row["sealed"], row["ca_pem"]) == ("", None)
    again = await registered(gateway, simulator.clusters[0])
    facts = await gateway.facts("gateway.cluster")
    assert [fact["verb"] for fact in facts] == ["created", "deleted", "created"]
    assert [fact["cluster"]["version"] for fact in facts] == [1, 2, again.version]
    assert (again.version, again.epoch) == (3, 2)


async def test_jobs_of_a_cluster_that_was_removed_are_not_those_of_the_next_of_its_name(
    gateway: Gateway,
) -> None:
    """Consumers remember jobs by cluster, epoch and id: what job 5 came to is said of one only."""
    async with running_simulator(clusters=2) as two:
        await registered(gateway, two.clusters[0])
        before = await gateway.client.submit("c1", uuid4(), create("cyc-1"))
        await gateway.client.remove("c1")
        again = await registered(gateway, two.clusters[1])
        after = await gateway.client.submit("c1", uuid4(), create("cyc-1"))
        jobs = two.admin.site(2).state.jobs
    assert before.job_id == after.job_id
    assert (before.epoch, after.epoch) == (again.epoch - 1, again.epoch)
    [told] = await gateway.facts("ganeti.epoch")
    assert (told["cluster"], told["epoch"]) == ("c1", again.epoch)
    assert jobs[after.job_id or 0].ops[0].input["depends"] is None  # on no job of the old one


async def test_what_changes_in_ganeti_is_told_and_what_does_not_is_not(
    database: str, simulator: RunningSimulator
) -> None:
    async with running_gateway(database, refresh_seconds=0.1) as gateway:
        await registered(gateway, simulator.clusters[0])
        name = next(iter(simulator.admin.site().state.nodes))
        simulator.admin.set_node(name, drained=True)

        async def drained() -> bool:
            return any(node.drained for node in (await gateway.client.cluster("c1")).nodes)

        assert await until(drained)
        versions = [fact["cluster"]["version"] for fact in await gateway.facts("gateway.cluster")]
        assert versions == [1, 2]


async def test_only_services_and_administrators_may_ask(gateway: Gateway) -> None:
    statuses = {
        user: (await gateway.ask("GET", "/v1/clusters", user=user)).status_code
        for user in ("service", "admin", "user", "nobody")
    }
    assert statuses == {"service": 200, "admin": 200, "user": 403, "nobody": 401}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/clusters", {"name": "c1"}, 400),
        ("POST", "/v1/clusters", {"name": "../x", "url": "", "username": "", "password": ""}, 400),
        ("PATCH", "/v1/clusters/c1", {"color": "red"}, 400),
        ("GET", "/v1/clusters/no.such", None, 404),
        ("PUT", "/v1/clusters/c1/submissions/x", {"operation": {}}, 400),
        ("GET", "/v1/clusters/c1/submissions/x", None, 404),
        ("GET", "/v1/clusters/c1/submissions/7c1b5b0e-0000-4000-8000-000000000000", None, 404),
        ("POST", "/v1/clusters/c1/query/nonsense", {"fields": ["name"]}, 404),
        ("POST", "/v1/clusters/nowhere/query/node", {"fields": ["name"]}, 404),
    ],
)
async def test_bad_requests_change_nothing(
    gateway: Gateway, method: str, path: str, body: Any, status: int
) -> None:
    answer = await gateway.ask(method, path, body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_a_query_ganeti_refuses_is_a_bad_request(gateway: Gateway, c1: str) -> None:
    with pytest.raises(BadInput):
        await gateway.client.query(c1, "job", Query(fields=["id"], filter=["~nonsense", "id", 1]))
