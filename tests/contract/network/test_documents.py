"""What the Networking API answers: version, extensions, zones, agents, and what is not there."""

import pytest

from services.network.api.extensions import EXTENSIONS
from tests.integration.network.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_versions_need_no_token(rig: Rig) -> None:
    answer = await rig.http.get("/")
    assert answer.status == 200
    version = (await answer.json())["versions"][0]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"][0]["href"].endswith("/v2.0/")


@pytest.mark.parametrize("path", ["/v2.0", "/v2.0/", "/v2.0/networks"])
async def test_everything_else_needs_one(rig: Rig, path: str) -> None:
    answer = await rig.http.get(path)
    assert answer.status == 401
    assert (await answer.json())["error"]["code"] == 401


async def test_the_version_document_names_the_resources(rig: Rig) -> None:
    found = await rig.get("/")
    assert [each["collection"] for each in found["resources"]] == [
        "networks",
        "subnets",
        "subnetpools",
        "ports",
    ]


async def test_only_extensions_that_are_there_are_listed(rig: Rig) -> None:
    listed = {each["alias"] for each in (await rig.get("/extensions"))["extensions"]}
    assert {"security-group", "quotas", "binding", "external-net", "provider"} <= listed
    assert not {"dvr", "qos", "trunk", "metering"} & listed
    assert (await rig.get("/extensions/binding"))["extension"]["alias"] == "binding"
    assert listed == set(EXTENSIONS)


@pytest.mark.parametrize(
    "path",
    [
        "/trunks",
        "/qos/policies",
        "/metering/metering-labels",
        "/extensions/dvr",
        "/agents/5d8f0000-0000-4000-8000-000000000001",
        "/agents/5d8f0000-0000-4000-8000-000000000001/l3-routers",
        "/agents/5d8f0000-0000-4000-8000-000000000001/dhcp-networks",
    ],
)
async def test_what_is_not_there_is_not_found(rig: Rig, path: str) -> None:
    status, answer = await rig.call("admin", "GET", path)
    assert status == 404
    assert set(answer["NeutronError"]) == {"type", "message", "detail"}


async def test_old_clients_may_append_json(rig: Rig) -> None:
    network, _subnet = await rig.network()
    assert (await rig.get("/networks.json"))["networks"][0]["id"] == network["id"]
    assert (await rig.get(f"/networks/{network['id']}.json"))["network"]["id"] == network["id"]


async def test_zones_are_those_of_clusters(rig: Rig) -> None:
    assert await rig.get("/availability_zones") == {"availability_zones": []}
    await rig.know_cluster()
    zone = {"name": "az1", "resource": "network", "state": "available"}
    assert await rig.get("/availability_zones?resource=network") == {"availability_zones": [zone]}
    every = (await rig.get("/availability_zones"))["availability_zones"]
    assert [each["resource"] for each in every] == ["network", "router"]


async def test_nobody_provides_services(rig: Rig) -> None:
    assert await rig.get("/service-providers") == {"service_providers": []}


async def test_there_are_no_agents_and_only_administrators_may_ask(rig: Rig) -> None:
    assert await rig.get("/agents", "admin") == {"agents": []}
    status, answer = await rig.call("demo", "GET", "/agents")
    assert status == 403
    assert answer["NeutronError"] == {
        "type": "PolicyNotAuthorized",
        "message": "rule:get_agent is disallowed by policy",
        "detail": "",
    }


async def test_administrators_see_how_full_networks_are(rig: Rig) -> None:
    network, subnet = await rig.network()
    await rig.make("ports", network_id=network["id"])
    path = f"/network-ip-availabilities/{network['id']}"
    found = (await rig.get(path, "admin"))["network_ip_availability"]
    assert (found["total_ips"], found["used_ips"]) == (253, 1)
    assert found["subnet_ip_availability"][0]["subnet_id"] == subnet["id"]
    listed = await rig.get("/network-ip-availabilities?network_name=net&ip_version=4", "admin")
    assert len(listed["network_ip_availabilities"]) == 1


async def test_no_agent_serves_a_network_or_a_router(rig: Rig) -> None:
    network = await rig.make("networks")
    router = await rig.make("routers")
    for path in (f"/networks/{network['id']}/dhcp-agents", f"/routers/{router['id']}/l3-agents"):
        assert await rig.get(path, "admin") == {"agents": []}
        assert (await rig.call("demo", "GET", path))[0] == 403
    status, answer = await rig.call("admin", "GET", f"/routers/{network['id']}/l3-agents")
    assert (status, answer["NeutronError"]["type"]) == (404, "RouterNotFound")


async def test_floating_ips_come_from_external_subnets(rig: Rig) -> None:
    network, subnet = await rig.network("203.0.113.0/24", "admin", **{"router:external": True})
    await rig.network()
    assert await rig.get("/floatingip_pools") == {
        "floatingip_pools": [
            {
                "subnet_id": subnet["id"],
                "subnet_name": "",
                "network_id": network["id"],
                "cidr": "203.0.113.0/24",
                "project_id": network["project_id"],
                "tenant_id": network["project_id"],
            }
        ]
    }
