"""Subnets, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import Json, Rig

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def attempt(rig: Rig, network: Json, **fields: Any) -> tuple[int, Any]:
    body = {"subnet": {"network_id": network["id"], "ip_version": 4, **fields}}
    return await rig.call("demo", "POST", "/subnets", body)


async def test_a_subnet_gets_a_gateway_and_gives_out_the_rest(rig: Rig) -> None:
    network, subnet = await rig.network("10.0.0.0/24")
    assert subnet["gateway_ip"] == "10.0.0.1"
    assert subnet["allocation_pools"] == [{"start": "10.0.0.2", "end": "10.0.0.254"}]
    assert (subnet["enable_dhcp"], subnet["subnetpool_id"]) == (True, None)
    seen = (await rig.get(f"/networks/{network['id']}"))["network"]
    assert seen["subnets"] == [subnet["id"]]
    assert seen["revision_number"] == 1


async def test_an_ipv6_subnet(rig: Rig) -> None:
    _network, subnet = await rig.network("fd00::/64")
    assert subnet["gateway_ip"] == "fd00::1"
    assert subnet["allocation_pools"] == [{"start": "fd00::2", "end": "fd00::ffff:ffff:ffff:ffff"}]


async def test_a_gateway_may_be_chosen_or_left_out(rig: Rig) -> None:
    network, _none = await rig.network(None)
    status, answer = await attempt(rig, network, cidr="10.0.1.0/29", gateway_ip="10.0.1.3")
    assert status == 201
    assert answer["subnet"]["allocation_pools"] == [
        {"start": "10.0.1.1", "end": "10.0.1.2"},
        {"start": "10.0.1.4", "end": "10.0.1.6"},
    ]
    status, answer = await attempt(rig, network, cidr="10.0.2.0/29", gateway_ip=None)
    assert answer["subnet"]["gateway_ip"] is None
    assert answer["subnet"]["allocation_pools"] == [{"start": "10.0.2.1", "end": "10.0.2.6"}]


POOL = {"start": "10.1.0.10", "end": "10.1.0.20"}


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({}, 400, "BadRequest"),
        ({"cidr": "10.1.0.5/24"}, 400, "HTTPBadRequest"),
        ({"cidr": "ten"}, 400, "HTTPBadRequest"),
        ({"cidr": "fd00::/64"}, 400, "InvalidInput"),
        ({"cidr": "0.0.0.0/0"}, 400, "InvalidInput"),
        ({"cidr": "224.0.0.0/24"}, 400, "InvalidInput"),
        ({"cidr": "127.0.0.0/24"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.128/25"}, 400, "InvalidInput"),
        ({"cidr": "10.1.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput"),
        ({"cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.255"}, 400, "InvalidInput"),
        ({"cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.15", "allocation_pools": [POOL]},
         409, "GatewayConflictWithAllocationPools"),
        ({"cidr": "10.1.0.0/24", "allocation_pools": [POOL, {**POOL, "start": "10.1.0.20"}]},
         409, "OverlappingAllocationPools"),
        ({"cidr": "10.1.0.0/28", "allocation_pools": [POOL]}, 400, "OutOfBoundsAllocationPool"),
        ({"cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.9", "end": "10.1.0.2"}]},
         400, "InvalidAllocationPool"),
        ({"cidr": "10.1.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "fd01::/80", "ip_version": 6, "ipv6_address_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "fd01::/64", "ip_version": 6, "ipv6_address_mode": "slaac",
          "ipv6_ra_mode": "dhcpv6-stateful"}, 400, "InvalidInput"),
        ({"cidr": "10.1.0.0/24", "subnetpool_id": NOWHERE}, 404, "SubnetPoolNotFound"),
        ({"cidr": "10.1.0.0/24", "dns_nameservers": [f"9.9.9.{n}" for n in range(6)]},
         400, "DNSNameServersExhausted"),
        ({"cidr": "10.1.0.0/24", "host_routes": [{"destination": "x"}]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.1.0.0/24", "ip_version": 5}, 400, "HTTPBadRequest"),
    ],
)  # fmt: skip
async def test_a_subnet_that_cannot_be_is_refused(
    rig: Rig, fields: dict[str, Any], status: int, kind: str
) -> None:
    network, _subnet = await rig.network("10.0.0.0/24")
    answered, answer = await attempt(rig, network, **fields)
    assert (answered, answer["NeutronError"]["type"]) == (status, kind), answer
    assert len((await rig.get("/subnets"))["subnets"]) == 1


async def test_overlap_is_told_in_neutrons_words(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/24")
    _status, answer = await attempt(rig, network, cidr="10.0.0.0/16")
    assert answer["NeutronError"]["message"] == (
        "Invalid input for operation: Requested subnet with cidr: 10.0.0.0/16 for network: "
        f"{network['id']} overlaps with another subnet."
    )


async def test_other_networks_may_have_the_same_addresses(rig: Rig) -> None:
    await rig.network("10.0.0.0/24")
    await rig.network("10.0.0.0/24")
    assert len((await rig.get("/subnets?cidr=10.0.0.0/24"))["subnets"]) == 2


async def test_a_subnet_with_addresses_in_use_stays(rig: Rig) -> None:
    network, subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    path = f"/subnets/{subnet['id']}"
    status, answer = await rig.call("demo", "DELETE", path)
    assert (status, answer["NeutronError"]["type"]) == (409, "SubnetInUse")
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    assert (await rig.call("demo", "DELETE", path))[0] == 204
    assert (await rig.call("demo", "GET", path))[0] == 404
    assert (await rig.get(f"/networks/{network['id']}"))["network"]["subnets"] == []


async def test_a_subnet_may_change_but_not_move(rig: Rig) -> None:
    _network, subnet = await rig.network()
    path = f"/subnets/{subnet['id']}"
    changes = {
        "name": "s",
        "dns_nameservers": ["9.9.9.9", "1.1.1.1"],
        "host_routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.7"}],
        "enable_dhcp": False,
        "gateway_ip": None,
    }
    status, answer = await rig.call("demo", "PUT", path, {"subnet": changes})
    assert status == 200
    assert {key: answer["subnet"][key] for key in changes} == changes
    status, answer = await rig.call("demo", "PUT", path, {"subnet": {"cidr": "10.2.0.0/24"}})
    assert (status, answer["NeutronError"]["message"]) == (
        400,
        "Cannot update read-only attribute cidr",
    )
    assert (await rig.call("other", "GET", path))[0] == 404
    assert (await rig.call("other", "DELETE", path))[0] == 404


async def test_other_pools_give_out_other_addresses(rig: Rig) -> None:
    network, subnet = await rig.network()
    used = await rig.make("ports", network_id=network["id"])
    assert used["fixed_ips"][0]["ip_address"] == "10.0.0.2"
    pools = [{"start": "10.0.0.2", "end": "10.0.0.3"}]
    body = {"subnet": {"allocation_pools": pools}}
    assert (await rig.call("demo", "PUT", f"/subnets/{subnet['id']}", body))[0] == 200
    port = await rig.make("ports", network_id=network["id"])
    assert port["fixed_ips"][0]["ip_address"] == "10.0.0.3"
    status, answer = await rig.call(
        "demo", "POST", "/ports", {"port": {"network_id": network["id"]}}
    )
    assert (status, answer["NeutronError"]["type"]) == (409, "IpAddressGenerationFailure")


async def test_automatic_addresses_come_and_go_with_their_subnet(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"], mac_address="fa:16:3e:01:02:03")
    automatic = await rig.make(
        "subnets", network_id=network["id"], cidr="fd01::/64", ip_version=6,
        ipv6_address_mode="slaac", ipv6_ra_mode="slaac",
    )  # fmt: skip
    shown = (await rig.get(f"/ports/{port['id']}"))["port"]
    assert [each["ip_address"] for each in shown["fixed_ips"]] == [
        "10.0.0.2",
        "fd01::f816:3eff:fe01:203",
    ]
    assert (await rig.call("demo", "DELETE", f"/subnets/{automatic['id']}"))[0] == 204
    shown = (await rig.get(f"/ports/{port['id']}"))["port"]
    assert [each["ip_address"] for each in shown["fixed_ips"]] == ["10.0.0.2"]


async def test_a_router_keeps_an_automatic_subnet(rig: Rig) -> None:
    network = await rig.make("networks")
    automatic = await rig.make(
        "subnets", network_id=network["id"], cidr="fd01::/64", ip_version=6,
        ipv6_address_mode="slaac", ipv6_ra_mode="slaac",
    )  # fmt: skip
    router = await rig.make("routers")
    path = f"/routers/{router['id']}/add_router_interface"
    assert (await rig.call("demo", "PUT", path, {"subnet_id": automatic["id"]}))[0] == 200
    status, answer = await rig.call("demo", "DELETE", f"/subnets/{automatic['id']}")
    assert (status, answer["NeutronError"]["type"]) == (409, "SubnetInUse")
