"""Routers, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"
KEYS = {
    "id", "name", "tenant_id", "project_id", "admin_state_up", "status", "external_gateway_info",
    "routes", "availability_zone_hints", "availability_zones", "flavor_id", "description", "tags",
    "created_at", "updated_at", "revision_number",
}  # fmt: skip


async def world(rig: Rig, cidr: str = "203.0.113.0/24") -> tuple[Json, Json]:
    return await rig.network(cidr, "admin", **{"router:external": True})


async def act(rig: Rig, on: Json, verb: str, who: str = "demo", **body: Any) -> tuple[int, Any]:
    return await rig.call(who, "PUT", f"/routers/{on['id']}/{verb}", body)


async def change(rig: Rig, router: Json, who: str = "demo", **body: Any) -> tuple[int, Any]:
    return await rig.call(who, "PUT", f"/routers/{router['id']}", {"router": body})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_router_is_active_at_once(rig: Rig) -> None:
    router = await rig.make("routers", name="r")
    assert set(router) == KEYS
    assert (router["status"], router["external_gateway_info"], router["routes"]) == (
        "ACTIVE",
        None,
        [],
    )
    shown = (await rig.get(f"/routers/{router['id']}", "admin"))["router"]
    assert (shown["distributed"], shown["ha"]) == (False, False)
    assert (await rig.get("/routers?name=r"))["routers"] == [router]
    assert (await rig.get("/routers", "other"))["routers"] == []


async def test_a_gateway_is_a_port_on_the_external_network(rig: Rig) -> None:
    external, subnet = await world(rig)
    router = await rig.make("routers", external_gateway_info={"network_id": external["id"]})
    gateway = router["external_gateway_info"]
    assert gateway == {
        "network_id": external["id"],
        "enable_snat": True,
        "external_fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "203.0.113.2"}],
    }
    ports = (await rig.get(f"/ports?device_id={router['id']}", "admin"))["ports"]
    assert [each["device_owner"] for each in ports] == ["network:router_gateway"]
    assert ports[0]["project_id"] == ""
    assert (await rig.get(f"/ports?device_id={router['id']}"))["ports"] == []
    status, answer = await change(rig, router, external_gateway_info={})
    assert (status, answer["router"]["external_gateway_info"]) == (200, None)
    assert (await rig.get(f"/ports?device_id={router['id']}", "admin"))["ports"] == []


async def test_administrators_choose_the_gateways_address(rig: Rig) -> None:
    external, subnet = await world(rig)
    wish = {"subnet_id": subnet["id"], "ip_address": "203.0.113.77"}
    info = {"network_id": external["id"], "enable_snat": False, "external_fixed_ips": [wish]}
    router = await rig.make("routers", "admin", external_gateway_info=info)
    assert router["external_gateway_info"] == info
    moved = {**info, "external_fixed_ips": [{"ip_address": "203.0.113.78"}]}
    status, answer = await change(rig, router, "admin", external_gateway_info=moved)
    given = answer["router"]["external_gateway_info"]["external_fixed_ips"]
    assert (status, given[0]["ip_address"]) == (200, "203.0.113.78")
    status, answer = await rig.call(
        "admin", "POST", "/routers", {"router": {"external_gateway_info": moved}}
    )
    assert (status, kind(answer)) == (409, "IpAddressInUse")
    status, answer = await rig.call(
        "demo", "POST", "/routers", {"router": {"external_gateway_info": info}}
    )
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")


async def test_what_is_no_gateway_is_refused(rig: Rig) -> None:
    network, _subnet = await rig.network()
    router = await rig.make("routers")
    for info, status, name in (
        ({"network_id": network["id"]}, 400, "BadRequest"),
        ({"network_id": NOWHERE}, 404, "NetworkNotFound"),
        ({"network_id": "web"}, 400, "HTTPBadRequest"),
        ({"enable_snat": True}, 400, "BadRequest"),
    ):
        answered, answer = await change(rig, router, external_gateway_info=info)
        assert (answered, kind(answer)) == (status, name)
    assert (await rig.get(f"/routers/{router['id']}"))["router"] == router


async def test_a_router_connects_as_the_subnets_gateway(rig: Rig) -> None:
    network, subnet = await rig.network()
    router = await rig.make("routers")
    status, made = await act(rig, router, "add_router_interface", subnet_id=subnet["id"])
    assert status == 200
    assert made["id"] == router["id"]
    assert (made["subnet_id"], made["subnet_ids"]) == (subnet["id"], [subnet["id"]])
    port = (await rig.get(f"/ports/{made['port_id']}"))["port"]
    assert (port["device_id"], port["device_owner"], port["status"]) == (
        router["id"],
        "network:router_interface",
        "DOWN",
    )
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.0.0.1"}]
    assert port["security_groups"] == []

    for path, name in (
        (f"/ports/{port['id']}", "ServicePortInUse"),
        (f"/routers/{router['id']}", "RouterInUse"),
        (f"/subnets/{subnet['id']}", "SubnetInUse"),
        (f"/networks/{network['id']}", "NetworkInUse"),
    ):
        status, answer = await rig.call("demo", "DELETE", path)
        assert (status, kind(answer)) == (409, name)
    status, answer = await rig.call(
        "demo", "PUT", f"/subnets/{subnet['id']}", {"subnet": {"gateway_ip": "10.0.0.2"}}
    )
    assert (status, kind(answer)) == (409, "GatewayIpInUse")
    status, answer = await rig.call(
        "demo", "PUT", f"/ports/{port['id']}", {"port": {"device_owner": ""}}
    )
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")

    status, gone = await act(rig, router, "remove_router_interface", subnet_id=subnet["id"])
    assert (status, gone["port_id"]) == (200, port["id"])
    assert (await rig.call("demo", "DELETE", f"/routers/{router['id']}"))[0] == 204
    assert (await rig.call("demo", "DELETE", f"/networks/{network['id']}"))[0] == 204


async def test_a_router_connects_through_a_port(rig: Rig) -> None:
    network, subnet = await rig.network()
    router = await rig.make("routers")
    port = await rig.make("ports", network_id=network["id"])
    status, made = await act(rig, router, "add_router_interface", port_id=port["id"])
    assert (status, made["port_id"], made["subnet_id"]) == (200, port["id"], subnet["id"])
    status, answer = await act(rig, router, "add_router_interface", port_id=port["id"])
    assert (status, kind(answer)) == (409, "PortInUse")
    status, answer = await act(
        rig, router, "remove_router_interface", port_id=port["id"], subnet_id=NOWHERE
    )
    assert (status, kind(answer)) == (409, "SubnetMismatchForPort")
    assert (await act(rig, router, "remove_router_interface", port_id=port["id"]))[0] == 200
    status, answer = await act(rig, router, "remove_router_interface", port_id=port["id"])
    assert (status, kind(answer)) == (404, "RouterInterfaceNotFound")
    status, answer = await act(rig, router, "remove_router_interface", subnet_id=subnet["id"])
    assert (status, kind(answer)) == (404, "RouterInterfaceNotFoundForSubnet")


async def test_ipv6_subnets_of_a_network_share_an_interface(rig: Rig) -> None:
    network, first = await rig.network("fd00::/64")
    second = await rig.make("subnets", network_id=network["id"], cidr="fd01::/64", ip_version=6)
    router = await rig.make("routers")
    _status, one = await act(rig, router, "add_router_interface", subnet_id=first["id"])
    _status, two = await act(rig, router, "add_router_interface", subnet_id=second["id"])
    assert one["port_id"] == two["port_id"]
    port = (await rig.get(f"/ports/{one['port_id']}"))["port"]
    assert [each["ip_address"] for each in port["fixed_ips"]] == ["fd00::1", "fd01::1"]
    await act(rig, router, "remove_router_interface", subnet_id=first["id"])
    port = (await rig.get(f"/ports/{one['port_id']}"))["port"]
    assert [each["ip_address"] for each in port["fixed_ips"]] == ["fd01::1"]


async def test_what_cannot_be_connected_is_refused(rig: Rig) -> None:
    network, subnet = await rig.network()
    _other, overlapping = await rig.network("10.0.0.0/25")
    closed = await rig.make(
        "subnets", network_id=network["id"], cidr="10.1.0.0/24", ip_version=4, gateway_ip=None
    )
    _foreign, foreign = await rig.network("10.9.0.0/24", "other")
    _shared, shared = await rig.network("10.8.0.0/24", "admin", shared=True)
    bare = await rig.make("ports", network_id=network["id"], fixed_ips=[])
    router = await rig.make("routers")
    await act(rig, router, "add_router_interface", subnet_id=subnet["id"])
    before = (await rig.get(f"/ports?device_id={router['id']}"))["ports"]
    for body, status, name in (
        ({"subnet_id": subnet["id"]}, 400, "BadRequest"),
        ({"subnet_id": overlapping["id"]}, 400, "BadRequest"),
        ({"subnet_id": closed["id"]}, 400, "BadRequest"),
        ({"subnet_id": foreign["id"]}, 404, "SubnetNotFound"),
        ({"subnet_id": shared["id"]}, 403, "PolicyNotAuthorized"),
        ({"subnet_id": NOWHERE}, 404, "SubnetNotFound"),
        ({"port_id": NOWHERE}, 404, "PortNotFound"),
        ({"port_id": bare["id"]}, 400, "BadRequest"),
        ({"subnet_id": subnet["id"], "port_id": bare["id"]}, 400, "BadRequest"),
        ({"network_id": network["id"]}, 400, "HTTPBadRequest"),
        ({}, 400, "BadRequest"),
    ):
        answered, answer = await act(rig, router, "add_router_interface", **body)
        assert (answered, kind(answer)) == (status, name), body
    assert (await rig.get(f"/ports?device_id={router['id']}"))["ports"] == before


async def test_nobody_makes_a_port_look_like_a_routers(rig: Rig) -> None:
    network, _subnet = await rig.network()
    router = await rig.make("routers", "other")
    fields = {
        "network_id": network["id"],
        "device_id": router["id"],
        "device_owner": "network:router_interface",
    }
    status, answer = await rig.call("demo", "POST", "/ports", {"port": fields})
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")


async def test_routes_lead_to_neighbours(rig: Rig) -> None:
    _network, subnet = await rig.network()
    router = await rig.make("routers")
    await act(rig, router, "add_router_interface", subnet_id=subnet["id"])
    route = {"destination": "10.55.0.0/24", "nexthop": "10.0.0.77"}
    status, answer = await change(rig, router, routes=[route])
    assert (status, answer["router"]["routes"]) == (200, [route])
    for hop in ("10.7.0.1", "10.0.0.1", "fd00::1"):
        status, answer = await change(
            rig, router, routes=[{"destination": "10.56.0.0/24", "nexthop": hop}]
        )
        assert (status, kind(answer)) == (400, "InvalidRoutes"), hop
    status, answer = await act(rig, router, "remove_router_interface", subnet_id=subnet["id"])
    assert (status, kind(answer)) == (409, "RouterInterfaceInUseByRoute")

    more = {"destination": "10.57.0.0/24", "nexthop": "10.0.0.78"}
    status, answer = await act(rig, router, "add_extraroutes", router={"routes": [more, route]})
    assert (status, answer["router"]["routes"]) == (200, [route, more])
    status, answer = await act(rig, router, "remove_extraroutes", router={"routes": [route]})
    assert (status, answer["router"]["routes"]) == (200, [more])
    status, answer = await change(rig, router, routes=None)
    assert (status, answer["router"]["routes"]) == (200, [])
    assert (await act(rig, router, "remove_router_interface", subnet_id=subnet["id"]))[0] == 200


async def test_others_find_no_router(rig: Rig) -> None:
    _network, subnet = await rig.network()
    router = await rig.make("routers")
    for who, router_id in (("other", router["id"]), ("demo", NOWHERE), ("demo", "r")):
        path = f"/routers/{router_id}"
        for method, rest, body in (
            ("GET", "", None),
            ("PUT", "", {"router": {"name": "x"}}),
            ("DELETE", "", None),
            ("PUT", "/add_router_interface", {"subnet_id": subnet["id"]}),
            ("PUT", "/remove_router_interface", {"subnet_id": subnet["id"]}),
            ("PUT", "/add_extraroutes", {"router": {"routes": []}}),
            ("PUT", "/tags/x", None),
        ):
            status, answer = await rig.call(who, method, path + rest, body)
            assert (status, kind(answer)) == (404, "RouterNotFound"), (who, method, rest)


async def test_routers_are_counted(rig: Rig) -> None:
    project = (await rig.make("routers"))["project_id"]
    await rig.call("admin", "PUT", f"/quotas/{project}", {"quota": {"router": 1}})
    status, answer = await rig.call("demo", "POST", "/routers", {"router": {}})
    assert (status, kind(answer)) == (409, "OverQuota")


async def test_a_router_shall_not_be_distributed(rig: Rig) -> None:
    status, answer = await rig.call("demo", "POST", "/routers", {"router": {"distributed": True}})
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")
    status, answer = await rig.call("admin", "POST", "/routers", {"router": {"ha": True}})
    assert (status, kind(answer)) == (400, "HTTPBadRequest")
    await rig.make("routers", "admin", ha=False, distributed=False)
