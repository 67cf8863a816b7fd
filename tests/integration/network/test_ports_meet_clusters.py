"""A port's way onto a cluster: the Ganeti network, its connections, the binding, the status."""

from typing import Any

import pytest

from shared.contracts.ganeti import Failure, InstanceObserved, JobStatus
from shared.contracts.resources import ServerChanged
from tests.integration.network.rig import Json, Rig, server_nics

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVER = "5d8f0000-0000-4000-8000-000000000001"


async def a_bound_port(rig: Rig, network: Json, **fields: Any) -> Json:
    return await rig.make(
        "ports",
        "service",
        network_id=network["id"],
        project_id="d" * 32,
        device_id=SERVER,
        device_owner="compute:az1",
        **{"binding:host_id": "athens", **fields},
    )


async def shown(rig: Rig, port: Json) -> Json:
    found: Json = (await rig.get(f"/ports/{port['id']}", "admin"))["port"]
    return found


async def test_a_port_is_plugged_once_its_subnet_is_on_the_cluster(rig: Rig) -> None:
    await rig.know_cluster()
    network, subnet = await rig.network()
    port = await a_bound_port(rig, network)
    assert port["binding:vif_type"] == "unbound"
    await rig.settle()
    name = f"cyc-{subnet['id']}"
    assert [each["operation"] for each in rig.gateway.operations] == [
        "network.create",
        "network.connect",
    ]
    created, connected = rig.gateway.operations
    assert (created["network"], created["cidr"]) == (name, "10.0.0.0/24")
    assert created["gateway"] == "10.0.0.1"
    assert (connected["group"], connected["mode"], connected["link"]) == (
        "default",
        "bridged",
        "br0",
    )
    assert connected["vlan"] == ".100"
    plugged = await shown(rig, port)
    assert plugged["binding:vif_type"] == "bridge"
    assert plugged["binding:vif_details"] == {
        "port_filter": False,
        "connectivity": "l2",
        "ganeti_network": name,
        "mode": "bridged",
        "link": "br0",
        "vlan": ".100",
    }
    assert plugged["revision_number"] > port["revision_number"]
    told = [fact for fact in await rig.published("network.port") if fact["id"] == port["id"]]
    assert told[-1]["version"] == plugged["revision_number"]
    assert "binding:host_id" not in told[-1]["document"]


async def test_a_second_port_of_the_subnet_is_plugged_at_once(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    await a_bound_port(rig, network)
    await rig.settle()
    second = await a_bound_port(rig, network)
    assert second["binding:vif_type"] == "bridge"
    assert len(rig.gateway.operations) == 2


async def test_a_network_that_exists_already_is_taken_over(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    await rig.run_sagas()
    await rig.end_jobs(JobStatus.ERROR, Failure.EXISTS)
    await rig.settle()
    assert (await shown(rig, port))["binding:vif_type"] == "bridge"
    assert [each["operation"] for each in rig.gateway.operations] == [
        "network.create",
        "network.connect",
    ]


async def test_a_cluster_the_network_does_not_reach_fails_the_binding(rig: Rig) -> None:
    await rig.know_cluster(links={})
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    assert port["binding:vif_type"] == "binding_failed"


async def test_a_cluster_nobody_knows_fails_the_binding(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    assert port["binding:vif_type"] == "binding_failed"


async def test_a_cluster_nobody_told_of_is_asked_for(rig: Rig) -> None:
    cluster = await rig.know_cluster("sparta")
    rig.gateway.clusters["athens"] = cluster.model_copy(update={"name": "athens"})
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    assert port["binding:vif_type"] == "unbound"


async def test_a_subnet_that_cannot_be_made_fails_the_binding_until_it_is_tried_again(
    rig: Rig,
) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    await rig.run_sagas()
    await rig.end_jobs(JobStatus.ERROR, Failure.BAD_REQUEST)
    assert (await shown(rig, port))["binding:vif_type"] == "binding_failed"
    body = {"port": {"binding:host_id": "athens"}}
    _status, answer = await rig.call("service", "PUT", f"/ports/{port['id']}", body)
    assert answer["port"]["binding:vif_type"] == "unbound"
    await rig.settle()
    assert (await shown(rig, port))["binding:vif_type"] == "bridge"


async def test_a_port_with_ipv6_alone_needs_no_ganeti_network(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network("fd00::/64")
    port = await a_bound_port(rig, network)
    assert port["binding:vif_type"] == "bridge"
    assert port["binding:vif_details"]["ganeti_network"] is None
    assert port["binding:vif_details"]["link"] == "br0"
    assert rig.gateway.operations == []


async def test_deleting_the_subnet_dissolves_its_ganeti_network(rig: Rig) -> None:
    await rig.know_cluster()
    network, subnet = await rig.network()
    port = await a_bound_port(rig, network)
    await rig.settle()
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    status, _none = await rig.call("demo", "DELETE", f"/networks/{network['id']}")
    assert status == 204
    await rig.settle()
    assert [each["operation"] for each in rig.gateway.operations[2:]] == [
        "network.disconnect",
        "network.delete",
    ]
    assert rig.gateway.operations[3]["network"] == f"cyc-{subnet['id']}"
    left = await rig.service.parts.reads.value("SELECT count(*) FROM cluster_subnets")
    assert left == 0


async def test_a_node_group_that_is_new_gets_connected(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    await a_bound_port(rig, network)
    await rig.settle()
    await rig.know_cluster(groups=["default", "second"], version=2)
    await rig.settle()
    assert [each["group"] for each in rig.gateway.operations[3:]] == ["default", "second"]


@pytest.mark.parametrize(("status", "expected"), [("running", "ACTIVE"), ("ADMIN_down", "DOWN")])
async def test_a_port_is_active_while_its_server_runs(rig: Rig, status: str, expected: str) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    seen = InstanceObserved(
        cluster="athens",
        name=f"cyc-{SERVER}",
        sequence=2,
        status=status,
        nics=[dict(each) for each in server_nics(port)],
    )
    await rig.hear(seen)
    now = await shown(rig, port)
    assert now["status"] == expected
    await rig.hear(seen)
    assert (await shown(rig, port))["revision_number"] == now["revision_number"]


async def test_old_news_of_an_instance_changes_nothing(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    port = await a_bound_port(rig, network)
    name = f"cyc-{SERVER}"
    nics = [dict(each) for each in server_nics(port)]
    up = InstanceObserved(cluster="athens", name=name, sequence=5, status="running", nics=nics)
    down = InstanceObserved(cluster="athens", name=name, sequence=4, status="ADMIN_down", nics=nics)
    await rig.hear(up, down)
    await rig.hear(down)
    assert (await shown(rig, port))["status"] == "ACTIVE"
    gone = InstanceObserved(cluster="athens", name=name, sequence=6, present=False)
    await rig.hear(gone)
    assert (await shown(rig, port))["status"] == "DOWN"


async def test_a_server_that_is_gone_leaves_no_port_of_its_own_behind(rig: Rig) -> None:
    network, _subnet = await rig.network()
    made = await rig.make(
        "ports", "service", network_id=network["id"], project_id="d" * 32, device_id=SERVER
    )
    users = await rig.make("ports", network_id=network["id"], device_id=SERVER)
    await rig.hear(
        ServerChanged(verb="deleted", id=SERVER, project_id="d" * 32, version=9, document={})
    )
    status, _answer = await rig.call("demo", "GET", f"/ports/{made['id']}")
    assert status == 404
    assert (await rig.get(f"/ports/{users['id']}"))["port"]["device_id"] == ""


async def test_what_is_no_clusters_name_is_asked_of_nobody(rig: Rig) -> None:
    network, _subnet = await rig.network()
    for host in ("../../etc/passwd", "x" * 200, "Athens?"):
        made = await rig.make(
            "ports", "service", network_id=network["id"], **{"binding:host_id": host}
        )
        assert made["binding:vif_type"] == "binding_failed"
