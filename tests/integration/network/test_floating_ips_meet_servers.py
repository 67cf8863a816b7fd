"""Floating IPs and the servers that carry them: what compute is told, and what Ganeti shows."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.ganeti import InstanceObserved, NicObserved
from shared.contracts.resources import ServerChanged
from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVER = str(UUID(int=99))


async def floating_before_a_server(rig: Rig) -> tuple[Json, Json]:
    """Have a floating IP that leads to a port no server has yet."""
    external, _subnet = await rig.network("203.0.113.0/24", "admin", **{"router:external": True})
    network, subnet = await rig.network()
    router = await rig.make("routers", external_gateway_info={"network_id": external["id"]})
    path = f"/routers/{router['id']}/add_router_interface"
    await rig.call("demo", "PUT", path, {"subnet_id": subnet["id"]})
    port = await rig.make("ports", network_id=network["id"])
    made = await rig.make("floatingips", floating_network_id=external["id"], port_id=port["id"])
    return made, port


async def bind(rig: Rig, port: Json, **fields: Any) -> None:
    body = {"device_id": SERVER, "device_owner": "compute:az1", "binding:host_id": "athens"}
    status, answer = await rig.call(
        "service", "PUT", f"/ports/{port['id']}", {"port": {**body, **fields}}
    )
    assert status == 200, answer


async def told(rig: Rig) -> Json:
    return (await rig.published("network.floating_ip"))[-1]


def seen(nics: list[str], sequence: int, status: str = "running") -> InstanceObserved:
    return InstanceObserved(
        cluster="athens",
        name=f"cyc-{SERVER}",
        sequence=sequence,
        status=status,
        nics=[NicObserved(name=name) for name in nics],
    )


async def status_of(rig: Rig, floating: Json) -> str:
    shown: str = (await rig.get(f"/floatingips/{floating['id']}"))["floatingip"]["status"]
    return shown


async def test_a_server_is_told_of_its_nic_once_the_network_is_ready(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    assert (await told(rig))["server_id"] is None
    await bind(rig, port)
    news = await told(rig)
    assert (news["server_id"], news["nic"]) == (SERVER, None)
    assert news["document"]["port_details"]["device_id"] == SERVER
    await rig.settle()
    nic = (await told(rig))["nic"]
    assert nic["ip_address"] == floating["floating_ip_address"]
    assert nic["cluster"] == "athens"
    held = (await rig.get(f"/ports/{nic['port_id']}", "admin"))["port"]
    assert nic["mac_address"] == held["mac_address"]
    assert nic["ganeti_network"] == f"cyc-{held['fixed_ips'][0]['subnet_id']}"
    created = [each for each in rig.gateway.operations if each["operation"] == "network.create"]
    assert nic["ganeti_network"] in {each["network"] for each in created}
    versions = [each["version"] for each in await rig.published("network.floating_ip")]
    assert versions == sorted(set(versions))


async def test_it_is_active_while_a_running_server_has_the_nic(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    await bind(rig, port)
    await rig.settle()
    nic = (await told(rig))["nic"]["port_id"]
    await rig.hear(seen([port["id"]], 1))
    assert await status_of(rig, floating) == "DOWN"
    await rig.hear(seen([port["id"], nic], 2))
    assert await status_of(rig, floating) == "ACTIVE"
    await rig.hear(seen([port["id"], nic], 3, "ADMIN_down"))
    assert await status_of(rig, floating) == "DOWN"
    await rig.hear(seen([port["id"], nic], 4))
    await rig.hear(seen([port["id"]], 5))
    assert await status_of(rig, floating) == "DOWN"


async def test_nobody_shall_carry_what_leads_nowhere(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    await bind(rig, port)
    await rig.settle()
    nic = (await told(rig))["nic"]["port_id"]
    await rig.hear(seen([port["id"], nic], 1))
    path = f"/floatingips/{floating['id']}"
    status, answer = await rig.call("demo", "PUT", path, {"floatingip": {"port_id": None}})
    assert (status, answer["floatingip"]["status"]) == (200, "DOWN")
    news = await told(rig)
    assert (news["server_id"], news["nic"]) == (None, None)
    held = (await rig.get(f"/ports/{nic}", "admin"))["port"]
    assert (held["binding:host_id"], held["binding:vif_type"]) == ("", "unbound")


async def test_it_stays_with_the_users_port_when_the_server_is_gone(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    await bind(rig, port)
    await rig.settle()
    fact = ServerChanged(verb="deleted", id=SERVER, project_id="p", version=9, document={})
    await rig.hear(fact)
    shown = (await rig.get(f"/floatingips/{floating['id']}"))["floatingip"]
    assert shown["port_id"] == port["id"]
    news = await told(rig)
    assert (news["server_id"], news["nic"]) == (None, None)


async def test_a_deleted_one_is_told_of_without_a_server(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    await bind(rig, port)
    await rig.settle()
    assert (await rig.call("demo", "DELETE", f"/floatingips/{floating['id']}"))[0] == 204
    news = await told(rig)
    assert (news["verb"], news["server_id"], news["nic"]) == ("deleted", None, None)


async def test_it_can_be_had_for_a_server_that_runs_already(rig: Rig) -> None:
    await rig.know_cluster()
    floating, port = await floating_before_a_server(rig)
    path = f"/floatingips/{floating['id']}"
    await rig.call("demo", "PUT", path, {"floatingip": {"port_id": None}})
    await bind(rig, port)
    await rig.settle()
    assert (await told(rig))["nic"] is None
    await rig.call("demo", "PUT", path, {"floatingip": {"port_id": port["id"]}})
    assert (await told(rig))["server_id"] == SERVER
    await rig.settle()
    assert (await told(rig))["nic"]["ip_address"] == floating["floating_ip_address"]
