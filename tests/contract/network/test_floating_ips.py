"""Floating IPs, as clients see them."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"
KEYS = {
    "id", "tenant_id", "project_id", "floating_network_id", "floating_ip_address", "port_id",
    "fixed_ip_address", "router_id", "status", "port_details", "dns_name", "dns_domain",
    "description", "tags", "created_at", "updated_at", "revision_number", "port_forwardings",
}  # fmt: skip


@dataclass
class Place:
    """A network with a way to the world."""

    external: Json
    network: Json
    subnet: Json
    router: Json


async def place(rig: Rig, cidr: str = "203.0.113.0/24") -> Place:
    external, _subnet = await rig.network(cidr, "admin", **{"router:external": True})
    network, subnet = await rig.network()
    router = await rig.make("routers", external_gateway_info={"network_id": external["id"]})
    path = f"/routers/{router['id']}/add_router_interface"
    assert (await rig.call("demo", "PUT", path, {"subnet_id": subnet["id"]}))[0] == 200
    return Place(external, network, subnet, router)


async def change(rig: Rig, floating: Json, **fields: Any) -> tuple[int, Any]:
    return await rig.call("demo", "PUT", f"/floatingips/{floating['id']}", {"floatingip": fields})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_floating_ip_is_down_until_somebody_carries_it(rig: Rig) -> None:
    at = await place(rig)
    made = await rig.make("floatingips", floating_network_id=at.external["id"])
    assert set(made) == KEYS
    assert (made["status"], made["port_id"], made["fixed_ip_address"], made["router_id"]) == (
        "DOWN",
        None,
        None,
        None,
    )
    assert made["floating_ip_address"] == "203.0.113.3"
    assert (await rig.get(f"/floatingips/{made['id']}"))["floatingip"] == made
    assert (await rig.get("/floatingips", "other"))["floatingips"] == []
    held = (await rig.get(f"/ports?device_id={made['id']}", "admin"))["ports"]
    assert [each["device_owner"] for each in held] == ["network:floatingip"]
    assert held[0]["fixed_ips"][0]["ip_address"] == "203.0.113.3"
    assert (await rig.get(f"/ports?device_id={made['id']}"))["ports"] == []
    status, answer = await rig.call("admin", "DELETE", f"/ports/{held[0]['id']}")
    assert (status, kind(answer)) == (409, "ServicePortInUse")


async def test_it_leads_to_a_port_and_away_again(rig: Rig) -> None:
    at = await place(rig)
    ports = [await rig.make("ports", network_id=at.network["id"], name=name) for name in "ab"]
    made = await rig.make(
        "floatingips", floating_network_id=at.external["id"], port_id=ports[0]["id"]
    )
    assert made["fixed_ip_address"] == ports[0]["fixed_ips"][0]["ip_address"]
    assert made["router_id"] == at.router["id"]
    assert made["port_details"] == {
        "name": "a",
        "network_id": at.network["id"],
        "mac_address": ports[0]["mac_address"],
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
    }
    found = await rig.get(f"/floatingips?port_id={ports[0]['id']}")
    assert [each["id"] for each in found["floatingips"]] == [made["id"]]

    status, answer = await change(rig, made, port_id=ports[1]["id"])
    assert (status, answer["floatingip"]["port_id"]) == (200, ports[1]["id"])
    assert answer["floatingip"]["revision_number"] == made["revision_number"] + 1
    status, answer = await change(rig, made, description="mine")
    assert answer["floatingip"]["port_id"] == ports[1]["id"]
    status, answer = await change(rig, made, port_id=None)
    assert (status, answer["floatingip"]["port_details"]) == (200, None)
    assert answer["floatingip"]["router_id"] is None
    assert (await rig.call("demo", "DELETE", f"/floatingips/{made['id']}"))[0] == 204
    again = await rig.make("floatingips", floating_network_id=at.external["id"])
    assert again["floating_ip_address"] == made["floating_ip_address"]


async def test_it_lets_go_of_a_port_that_is_deleted(rig: Rig) -> None:
    at = await place(rig)
    port = await rig.make("ports", network_id=at.network["id"])
    made = await rig.make("floatingips", floating_network_id=at.external["id"], port_id=port["id"])
    assert (await rig.call("demo", "DELETE", f"/ports/{port['id']}"))[0] == 204
    shown = (await rig.get(f"/floatingips/{made['id']}"))["floatingip"]
    assert (shown["port_id"], shown["fixed_ip_address"], shown["router_id"]) == (None, None, None)


async def test_it_lets_go_of_an_address_the_port_has_no_more(rig: Rig) -> None:
    at = await place(rig)
    port = await rig.make("ports", network_id=at.network["id"])
    made = await rig.make("floatingips", floating_network_id=at.external["id"], port_id=port["id"])
    await rig.call("demo", "PUT", f"/ports/{port['id']}", {"port": {"name": "renamed"}})
    shown = (await rig.get(f"/floatingips/{made['id']}"))["floatingip"]
    assert shown["port_details"]["name"] == "renamed"
    body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.99"}]}}
    await rig.call("demo", "PUT", f"/ports/{port['id']}", body)
    shown = (await rig.get(f"/floatingips/{made['id']}"))["floatingip"]
    assert shown["port_id"] is None


async def test_one_of_several_addresses_is_chosen(rig: Rig) -> None:
    at = await place(rig)
    port = await rig.make(
        "ports",
        network_id=at.network["id"],
        fixed_ips=[{"ip_address": "10.0.0.10"}, {"ip_address": "10.0.0.11"}],
    )
    wanted = {"floating_network_id": at.external["id"], "port_id": port["id"]}
    status, answer = await rig.call("demo", "POST", "/floatingips", {"floatingip": wanted})
    assert (status, kind(answer)) == (400, "BadRequest")
    made = await rig.make("floatingips", **wanted, fixed_ip_address="10.0.0.10")
    status, answer = await change(rig, made, port_id=port["id"], fixed_ip_address="10.0.0.11")
    assert (status, answer["floatingip"]["fixed_ip_address"]) == (200, "10.0.0.11")
    body = {"floatingip": {**wanted, "fixed_ip_address": "10.0.0.11"}}
    status, answer = await rig.call("demo", "POST", "/floatingips", body)
    assert (status, kind(answer)) == (409, "FloatingIPPortAlreadyAssociated")


async def test_what_cannot_be_reached_is_refused(rig: Rig) -> None:
    at = await place(rig)
    lone, _subnet = await rig.network("10.5.0.0/24")
    unreachable = await rig.make("ports", network_id=lone["id"])
    theirs = await rig.make("ports", "other", network_id=(await rig.network(who="other"))[0]["id"])
    six, _subnet = await rig.network("fd00::/64", "admin", **{"router:external": True})
    external = at.external["id"]
    for fields, status, name in (
        ({"floating_network_id": at.network["id"]}, 400, "BadRequest"),
        ({"floating_network_id": six["id"]}, 400, "BadRequest"),
        ({"floating_network_id": NOWHERE}, 404, "NetworkNotFound"),
        ({}, 400, "HTTPBadRequest"),
        (
            {"floating_network_id": external, "port_id": unreachable["id"]},
            404,
            "ExternalGatewayForFloatingIPNotFound",
        ),
        ({"floating_network_id": external, "port_id": theirs["id"]}, 404, "PortNotFound"),
        ({"floating_network_id": external, "port_id": NOWHERE}, 404, "PortNotFound"),
        ({"floating_network_id": external, "fixed_ip_address": "10.0.0.5"}, 400, "BadRequest"),
        (
            {"floating_network_id": external, "floating_ip_address": "203.0.113.9"},
            403,
            "PolicyNotAuthorized",
        ),
        ({"floating_network_id": external, "subnet_id": at.subnet["id"]}, 400, "BadRequest"),
    ):
        answered, answer = await rig.call("demo", "POST", "/floatingips", {"floatingip": fields})
        assert (answered, kind(answer)) == (status, name), fields
    assert (await rig.get("/floatingips", "admin"))["floatingips"] == []
    used = await rig.get(f"/network-ip-availabilities/{external}", "admin")
    assert used["network_ip_availability"]["used_ips"] == 1  # the router's


async def test_administrators_choose_the_address(rig: Rig) -> None:
    at = await place(rig)
    wanted = {"floating_network_id": at.external["id"], "floating_ip_address": "203.0.113.9"}
    made = await rig.make("floatingips", "admin", **wanted)
    assert made["floating_ip_address"] == "203.0.113.9"
    status, answer = await rig.call("admin", "POST", "/floatingips", {"floatingip": wanted})
    assert (status, kind(answer)) == (409, "IpAddressInUse")


async def test_addresses_run_out(rig: Rig) -> None:
    at = await place(rig, "203.0.113.0/30")  # one for the network's gateway, one for the router
    status, answer = await rig.call(
        "demo", "POST", "/floatingips", {"floatingip": {"floating_network_id": at.external["id"]}}
    )
    assert (status, kind(answer)) == (400, "ExternalIpAddressExhausted")


async def test_a_router_stays_while_floating_ips_need_it(rig: Rig) -> None:
    at = await place(rig)
    port = await rig.make("ports", network_id=at.network["id"])
    await rig.make("floatingips", floating_network_id=at.external["id"], port_id=port["id"])
    path = f"/routers/{at.router['id']}"
    status, answer = await rig.call(
        "demo", "PUT", f"{path}/remove_router_interface", {"subnet_id": at.subnet["id"]}
    )
    assert (status, kind(answer)) == (409, "RouterInterfaceInUseByFloatingIP")
    status, answer = await rig.call(
        "demo", "PUT", path, {"router": {"external_gateway_info": None}}
    )
    assert (status, kind(answer)) == (409, "RouterExternalGatewayInUseByFloatingIp")
    status, answer = await rig.call(
        "admin",
        "PUT",
        f"/networks/{at.external['id']}",
        {"network": {"router:external": False}},
    )
    assert (status, kind(answer)) == (409, "ExternalNetworkInUse")


async def test_an_external_network_takes_idle_floating_ips_along(rig: Rig) -> None:
    external, _subnet = await rig.network("203.0.113.0/24", "admin", **{"router:external": True})
    made = await rig.make("floatingips", floating_network_id=external["id"])
    assert (await rig.call("admin", "DELETE", f"/networks/{external['id']}"))[0] == 204
    assert (await rig.call("demo", "GET", f"/floatingips/{made['id']}"))[0] == 404


async def test_others_find_no_floating_ip(rig: Rig) -> None:
    at = await place(rig)
    made = await rig.make("floatingips", floating_network_id=at.external["id"])
    for who, floating_id in (("other", made["id"]), ("demo", NOWHERE), ("demo", "x")):
        path = f"/floatingips/{floating_id}"
        for method, rest, body in (
            ("GET", "", None),
            ("PUT", "", {"floatingip": {"description": "x"}}),
            ("DELETE", "", None),
            ("PUT", "/tags/x", None),
        ):
            status, answer = await rig.call(who, method, path + rest, body)
            assert (status, kind(answer)) == (404, "FloatingIPNotFound"), (who, method, rest)


async def test_floating_ips_are_counted(rig: Rig) -> None:
    at = await place(rig)
    project = at.network["project_id"]
    await rig.call("admin", "PUT", f"/quotas/{project}", {"quota": {"floatingip": 1}})
    await rig.make("floatingips", floating_network_id=at.external["id"])
    status, answer = await rig.call(
        "demo", "POST", "/floatingips", {"floatingip": {"floating_network_id": at.external["id"]}}
    )
    assert (status, kind(answer)) == (409, "OverQuota")
