"""Subnet pools and address scopes, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


async def pool(rig: Rig, who: str = "demo", **fields: Any) -> Json:
    return await rig.make(
        "subnetpools", who, **({"name": "pool", "prefixes": ["10.0.0.0/16"]} | fields)
    )


async def cut(rig: Rig, network: Json, who: str = "demo", **fields: Any) -> tuple[int, Any]:
    wanted = {"network_id": network["id"], "ip_version": 4, **fields}
    return await rig.call(who, "POST", "/subnets", {"subnet": wanted})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_pool_fills_in_what_is_not_said(rig: Rig) -> None:
    made = await pool(rig, prefixes=["10.1.0.0/16", "10.0.0.0/16"], default_prefixlen=24)
    assert made["prefixes"] == ["10.0.0.0/15"]
    assert (made["ip_version"], made["min_prefixlen"], made["max_prefixlen"]) == (4, 8, 32)
    assert (made["default_prefixlen"], made["shared"], made["is_default"]) == (24, False, False)
    six = await pool(rig, prefixes=["fd00::/48"])
    assert (six["ip_version"], six["default_prefixlen"], six["max_prefixlen"]) == (6, 64, 128)
    assert [each["id"] for each in (await rig.get("/subnetpools?ip_version=6"))["subnetpools"]] == [
        six["id"]
    ]


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"prefixes": []}, 400, "HTTPBadRequest"),
        ({"prefixes": ["10.0.0.0/16", "fd00::/48"]}, 400, "InvalidInput"),
        ({"prefixes": ["10.0.0.1/16"]}, 400, "HTTPBadRequest"),
        ({"default_prefixlen": 4}, 400, "IllegalSubnetPoolPrefixBounds"),
        ({"min_prefixlen": 25, "max_prefixlen": 24}, 400, "IllegalSubnetPoolPrefixBounds"),
        ({"max_prefixlen": 33}, 400, "IllegalSubnetPoolPrefixBounds"),
        ({"shared": True}, 403, "PolicyNotAuthorized"),
        ({"is_default": True}, 403, "PolicyNotAuthorized"),
        ({"address_scope_id": NOWHERE}, 404, "AddressScopeNotFound"),
        ({"ip_version": 4}, 400, "HTTPBadRequest"),
    ],
)
async def test_a_pool_that_cannot_be_is_refused(
    rig: Rig, fields: Json, status: int, name: str
) -> None:
    body = {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/16"], **fields}}
    answered, answer = await rig.call("demo", "POST", "/subnetpools", body)
    assert (answered, kind(answer)) == (status, name)
    assert (await rig.get("/subnetpools"))["subnetpools"] == []


async def test_subnets_are_cut_from_the_lowest_gap(rig: Rig) -> None:
    made = await pool(rig, prefixes=["10.0.0.0/22"], default_prefixlen=24)
    cidrs, network = [], await rig.make("networks")
    for length in (None, 25, None, 26):
        network = await rig.make("networks")
        more: Json = {} if length is None else {"prefixlen": length}
        status, answer = await cut(rig, network, subnetpool_id=made["id"], **more)
        assert status == 201, answer
        assert answer["subnet"]["subnetpool_id"] == made["id"]
        cidrs.append(answer["subnet"]["cidr"])
    assert cidrs == ["10.0.0.0/24", "10.0.1.0/25", "10.0.2.0/24", "10.0.1.128/26"]
    status, answer = await cut(rig, network, subnetpool_id=made["id"], cidr="10.0.3.0/25")
    assert (status, answer["subnet"]["gateway_ip"]) == (201, "10.0.3.1")
    for fields, expected in (
        ({"cidr": "10.0.3.0/26"}, (409, "SubnetAllocationError")),
        ({"cidr": "10.9.0.0/24"}, (409, "SubnetAllocationError")),
        ({"prefixlen": 24}, (409, "SubnetAllocationError")),
        ({"prefixlen": 7}, (400, "MinPrefixSubnetAllocationError")),
        ({"prefixlen": 24, "cidr": "10.0.3.128/25"}, (400, "BadRequest")),
        ({"ip_version": 6}, (400, "BadRequest")),
        ({"subnetpool_id": NOWHERE}, (404, "SubnetPoolNotFound")),
        ({"subnetpool_id": None, "cidr": "10.77.0.0/24"}, (400, "NetworkSubnetPoolAffinityError")),
    ):
        status, answer = await cut(rig, network, **({"subnetpool_id": made["id"]} | fields))
        assert (status, kind(answer)) == expected, fields
    status, answer = await rig.call("demo", "DELETE", f"/subnetpools/{made['id']}")
    assert (status, kind(answer)) == (409, "SubnetPoolDeleteError")


async def test_there_is_one_default_pool_per_version(rig: Rig) -> None:
    network = await rig.make("networks")
    status, answer = await cut(rig, network, use_default_subnetpool=True)
    assert (status, kind(answer)) == (400, "BadRequest")
    await pool(rig, "admin", shared=True, is_default=True, default_prefixlen=26)
    status, answer = await cut(rig, network, use_default_subnetpool=True)
    assert (status, answer["subnet"]["cidr"]) == (201, "10.0.0.0/26")
    body = {"subnetpool": {"name": "x", "prefixes": ["10.9.0.0/16"], "is_default": True}}
    status, answer = await rig.call("admin", "POST", "/subnetpools", body)
    assert (status, kind(answer)) == (400, "InvalidInput")


async def test_a_project_may_have_so_much_of_a_pool(rig: Rig) -> None:
    made = await pool(rig, default_quota=256, default_prefixlen=25)
    for expected in (201, 201, 409):
        network = await rig.make("networks")
        status, answer = await cut(rig, network, subnetpool_id=made["id"])
        assert status == expected
        assert status == 201 or kind(answer) == "SubnetPoolQuotaExceeded"


async def test_prefixes_come_and_go(rig: Rig) -> None:
    made = await pool(rig, default_prefixlen=24)
    path = f"/subnetpools/{made['id']}"
    status, answer = await rig.call(
        "demo", "PUT", path, {"subnetpool": {"prefixes": ["10.5.0.0/16"]}}
    )
    assert (status, kind(answer)) == (400, "IllegalSubnetPoolUpdate")
    status, answer = await rig.call(
        "demo", "PUT", path, {"subnetpool": {"prefixes": ["10.0.0.0/15"], "name": "new"}}
    )
    assert (status, answer["subnetpool"]["prefixes"]) == (200, ["10.0.0.0/15"])
    status, answer = await rig.call(
        "demo", "PUT", f"{path}/add_prefixes", {"prefixes": ["10.4.0.0/16"]}
    )
    assert (status, answer) == (200, {"prefixes": ["10.0.0.0/15", "10.4.0.0/16"]})
    await cut(rig, await rig.make("networks"), subnetpool_id=made["id"])
    status, answer = await rig.call(
        "demo", "PUT", f"{path}/remove_prefixes", {"prefixes": ["10.0.0.0/16"]}
    )
    assert (status, kind(answer)) == (409, "SubnetPoolInUse")
    status, answer = await rig.call(
        "demo", "PUT", f"{path}/remove_prefixes", {"prefixes": ["10.1.0.0/16", "10.4.0.0/16"]}
    )
    assert (status, answer) == (200, {"prefixes": ["10.0.0.0/16"]})


async def test_pools_of_a_scope_share_no_addresses(rig: Rig) -> None:
    scope = await rig.make("address-scopes", name="s", ip_version=4)
    assert set(scope) == {"id", "name", "tenant_id", "project_id", "ip_version", "shared"}
    made = await pool(rig, address_scope_id=scope["id"], default_prefixlen=24)
    body = {"name": "x", "prefixes": ["10.0.0.0/20"], "address_scope_id": scope["id"]}
    status, answer = await rig.call("demo", "POST", "/subnetpools", {"subnetpool": body})
    assert (status, kind(answer)) == (409, "AddressScopePrefixConflict")
    body["prefixes"] = ["fd00::/48"]
    status, answer = await rig.call("demo", "POST", "/subnetpools", {"subnetpool": body})
    assert kind(answer) == "IllegalSubnetPoolIpVersionAssociationToAddressScope"
    status, answer = await rig.call("demo", "DELETE", f"/address-scopes/{scope['id']}")
    assert (status, kind(answer)) == (409, "AddressScopeInUse")

    network = await rig.make("networks")
    await cut(rig, network, subnetpool_id=made["id"])
    shown = (await rig.get(f"/networks/{network['id']}"))["network"]
    assert shown["ipv4_address_scope"] == scope["id"]
    await rig.call(
        "demo", "PUT", f"/subnetpools/{made['id']}", {"subnetpool": {"address_scope_id": None}}
    )
    shown = (await rig.get(f"/networks/{network['id']}"))["network"]
    assert shown["ipv4_address_scope"] is None
    assert (await rig.call("demo", "DELETE", f"/address-scopes/{scope['id']}"))[0] == 204


async def test_a_shared_scope_stays_shared(rig: Rig) -> None:
    scope = await rig.make("address-scopes", "admin", name="s", ip_version=4, shared=True)
    path = f"/address-scopes/{scope['id']}"
    assert (await rig.get(path))["address_scope"]["shared"] is True
    status, answer = await rig.call("admin", "PUT", path, {"address_scope": {"shared": False}})
    assert (status, kind(answer)) == (409, "AddressScopeUpdateError")
    status, answer = await rig.call("demo", "PUT", path, {"address_scope": {"name": "mine"}})
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")


async def test_others_find_no_pool_and_no_scope(rig: Rig) -> None:
    made = await pool(rig)
    scope = await rig.make("address-scopes", name="s", ip_version=4)
    for path, singular, name in (
        (f"/subnetpools/{made['id']}", "subnetpool", "SubnetPoolNotFound"),
        (f"/address-scopes/{scope['id']}", "address_scope", "AddressScopeNotFound"),
    ):
        for method, body in (("GET", None), ("PUT", {singular: {"name": "x"}}), ("DELETE", None)):
            status, answer = await rig.call("other", method, path, body)
            assert (status, kind(answer)) == (404, name), (method, path)
    network = await rig.make("networks", "other")
    status, answer = await cut(rig, network, "other", subnetpool_id=made["id"])
    assert (status, kind(answer)) == (404, "SubnetPoolNotFound")
