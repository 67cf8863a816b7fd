"""Address groups, and rules that speak of them, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import OTHER_PROJECT, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


async def group(rig: Rig, who: str = "demo", **fields: Any) -> Json:
    status, answer = await rig.call(
        who, "POST", "/address-groups", {"address_group": {"name": "offices", **fields}}
    )
    assert status == 201, answer
    made: Json = answer["address_group"]
    return made


async def rule(rig: Rig, group_id: str, **fields: Any) -> tuple[int, Any]:
    wanted = {"security_group_id": group_id, "direction": "ingress", **fields}
    return await rig.call("demo", "POST", "/security-group-rules", {"security_group_rule": wanted})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_group_is_what_it_was_made(rig: Rig) -> None:
    made = await group(rig, description="d", addresses=["10.1.0.0/16", "10.0.0.5", "fd00::/64"])
    assert made["addresses"] == ["10.0.0.5/32", "10.1.0.0/16", "fd00::/64"]
    assert {key: made[key] for key in ("name", "description", "shared", "tags")} == {
        "name": "offices",
        "description": "d",
        "shared": False,
        "tags": [],
    }
    assert (await rig.get(f"/address-groups/{made['id']}"))["address_group"] == made
    listed = await rig.get("/address-groups?name=offices&fields=id&sort_key=name&sort_dir=asc")
    assert listed == {"address_groups": [{"id": made["id"]}]}
    assert (await group(rig))["addresses"] == []


async def test_a_group_is_named_otherwise_and_its_addresses_stay(rig: Rig) -> None:
    path = f"/address-groups/{(await group(rig, addresses=['10.0.0.0/24']))['id']}"
    status, answer = await rig.call("demo", "PUT", path, {"address_group": {"name": "homes"}})
    assert (status, answer["address_group"]["name"]) == (200, "homes")
    assert answer["address_group"]["revision_number"] == 1
    status, answer = await rig.call("demo", "PUT", path, {"address_group": {"addresses": []}})
    assert (status, kind(answer)) == (400, "HTTPBadRequest")


async def test_addresses_come_and_go(rig: Rig) -> None:
    path = f"/address-groups/{(await group(rig, addresses=['10.0.0.0/24']))['id']}"
    more = {"addresses": ["10.2.0.0/16", "10.0.0.9"]}
    status, answer = await rig.call("demo", "PUT", f"{path}/add_addresses", more)
    assert status == 200
    assert answer["address_group"]["addresses"] == ["10.0.0.0/24", "10.0.0.9/32", "10.2.0.0/16"]
    status, answer = await rig.call("demo", "PUT", f"{path}/add_addresses", more)
    assert (status, kind(answer)) == (400, "AddressesAlreadyExist")
    status, answer = await rig.call("demo", "PUT", f"{path}/remove_addresses", more)
    assert (status, answer["address_group"]["addresses"]) == (200, ["10.0.0.0/24"])
    status, answer = await rig.call("demo", "PUT", f"{path}/remove_addresses", more)
    assert (status, kind(answer)) == (404, "AddressesNotFound")


@pytest.mark.parametrize("addresses", [["x"], ["10.0.0.1/24"], "10.0.0.0/8", [5], None, []])
async def test_what_is_no_address_is_refused(rig: Rig, addresses: Any) -> None:
    path = f"/address-groups/{(await group(rig))['id']}"
    for verb in ("add_addresses", "remove_addresses"):
        status, answer = await rig.call("demo", "PUT", f"{path}/{verb}", {"addresses": addresses})
        assert (status, kind(answer)) == (400, "HTTPBadRequest")
    assert (await rig.get(path))["address_group"]["addresses"] == []


async def test_rules_speak_of_groups(rig: Rig) -> None:
    made, sg = await group(rig), await rig.make("security-groups", name="web")
    status, answer = await rule(rig, sg["id"], remote_address_group_id=made["id"])
    assert status == 201
    found = answer["security_group_rule"]
    assert found["remote_address_group_id"] == made["id"]
    assert (found["remote_ip_prefix"], found["remote_group_id"]) == (None, None)
    status, answer = await rule(rig, sg["id"], remote_address_group_id=made["id"])
    assert (status, kind(answer)) == (409, "SecurityGroupRuleExists")
    assert (await rule(rig, sg["id"]))[0] == 201
    listed = (await rig.get(f"/security-group-rules?remote_address_group_id={made['id']}"))[
        "security_group_rules"
    ]
    assert listed == [found]
    status, answer = await rig.call("demo", "DELETE", f"/address-groups/{made['id']}")
    assert (status, kind(answer)) == (409, "AddressGroupInUse")
    await rig.call("demo", "DELETE", f"/security-group-rules/{found['id']}")
    assert (await rig.call("demo", "DELETE", f"/address-groups/{made['id']}"))[0] == 204


async def test_rules_speak_of_one_remote_that_is_there(rig: Rig) -> None:
    made, sg = await group(rig), await rig.make("security-groups", name="web")
    strange = await group(rig, "other")
    two = {"remote_address_group_id": made["id"], "remote_ip_prefix": "10.0.0.0/8"}
    status, answer = await rule(rig, sg["id"], **two)
    assert (status, kind(answer)) == (400, "SecurityGroupMultipleRemoteEntitiesSpecified")
    for missing in (NOWHERE, strange["id"], "x"):
        status, answer = await rule(rig, sg["id"], remote_address_group_id=missing)
        assert (status, kind(answer)) == (404, "AddressGroupNotFound")


async def test_groups_are_shared(rig: Rig) -> None:
    made = await group(rig, addresses=["10.0.0.0/8"])
    path = f"/address-groups/{made['id']}"
    assert (await rig.call("other", "GET", path))[0] == 404
    policy = {
        "object_type": "address_group",
        "object_id": made["id"],
        "action": "access_as_shared",
        "target_tenant": OTHER_PROJECT,
    }
    status, answer = await rig.call("demo", "POST", "/rbac-policies", {"rbac_policy": policy})
    assert status == 201
    assert (await rig.get(path, "other"))["address_group"]["shared"] is True
    status, refused = await rig.call("other", "PUT", path, {"address_group": {"name": "x"}})
    assert (status, kind(refused)) == (403, "PolicyNotAuthorized")
    sg = await rig.make("security-groups", "other", name="web")
    wanted = {
        "security_group_id": sg["id"],
        "direction": "ingress",
        "remote_address_group_id": made["id"],
    }
    body = {"security_group_rule": wanted}
    assert (await rig.call("other", "POST", "/security-group-rules", body))[0] == 201
    rule_path = f"/rbac-policies/{answer['rbac_policy']['id']}"
    status, refused = await rig.call("demo", "DELETE", rule_path)
    assert (status, kind(refused)) == (409, "RbacPolicyInUse")


async def test_groups_are_tagged_counted_and_advertised(rig: Rig) -> None:
    made = await group(rig)
    assert (await rig.call("demo", "PUT", f"/address-groups/{made['id']}/tags/red"))[0] == 201
    assert len((await rig.get("/address-groups?tags=red"))["address_groups"]) == 1
    quota = {"quota": {"address_group": 1}}
    assert (await rig.call("admin", "PUT", f"/quotas/{made['project_id']}", quota))[0] == 200
    body = {"address_group": {"name": "more"}}
    status, answer = await rig.call("demo", "POST", "/address-groups", body)
    assert (status, kind(answer)) == (409, "OverQuota")
    details = (await rig.get(f"/quotas/{made['project_id']}/details"))["quota"]
    assert details["address_group"] == {"limit": 1, "used": 1, "reserved": 0}
    aliases = {each["alias"] for each in (await rig.get("/extensions"))["extensions"]}
    assert {"address-group", "security-groups-remote-address-group"} <= aliases


async def test_others_groups_are_not_there(rig: Rig) -> None:
    made = await group(rig)
    for method, rest, body in (
        ("GET", "", None),
        ("PUT", "", {"address_group": {"name": "x"}}),
        ("PUT", "/add_addresses", {"addresses": ["10.0.0.0/8"]}),
        ("DELETE", "", None),
    ):
        path = f"/address-groups/{made['id']}{rest}"
        status, answer = await rig.call("other", method, path, body)
        assert (status, kind(answer)) == (404, "AddressGroupNotFound")
