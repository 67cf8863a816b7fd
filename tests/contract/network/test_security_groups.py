"""Security groups and their rules, as clients see them; and quotas."""

from typing import Any

import pytest

from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROJECT = "d" * 32


async def default_group(rig: Rig) -> Json:
    found = (await rig.get("/security-groups?name=default"))["security_groups"]
    assert len(found) == 1
    first: Json = found[0]
    return first


async def attempt(rig: Rig, group: Json, **fields: Any) -> tuple[int, Any]:
    rule = {"security_group_id": group["id"], "direction": "ingress", **fields}
    return await rig.call("demo", "POST", "/security-group-rules", {"security_group_rule": rule})


async def test_every_project_has_a_default_group_when_it_looks(rig: Rig) -> None:
    group = await default_group(rig)
    assert group["description"] == "Default security group"
    rules = group["security_group_rules"]
    assert sorted((each["direction"], each["ethertype"]) for each in rules) == [
        ("egress", "IPv4"),
        ("egress", "IPv6"),
        ("ingress", "IPv4"),
        ("ingress", "IPv6"),
    ]
    among_us = [each for each in rules if each["direction"] == "ingress"]
    assert {each["remote_group_id"] for each in among_us} == {group["id"]}
    assert all(each["belongs_to_default_sg"] for each in rules)
    assert await default_group(rig) == group


async def test_the_default_group_keeps_its_name_and_stays(rig: Rig) -> None:
    group = await default_group(rig)
    path = f"/security-groups/{group['id']}"
    refused = [
        ("POST", "/security-groups", {"security_group": {"name": "default"}},
         "SecurityGroupDefaultAlreadyExists"),
        ("PUT", path, {"security_group": {"name": "x"}}, "SecurityGroupCannotUpdateDefault"),
        ("DELETE", path, None, "SecurityGroupCannotRemoveDefault"),
    ]  # fmt: skip
    for method, where, body, kind in refused:
        status, answer = await rig.call("demo", method, where, body)
        assert (status, answer["NeutronError"]["type"]) == (409, kind)
    assert (await rig.call("admin", "DELETE", path))[0] == 204
    assert (await default_group(rig))["id"] != group["id"]


async def test_a_new_group_lets_everything_out_and_nothing_in(rig: Rig) -> None:
    group = await rig.make("security-groups", name="web", description="d")
    assert [each["direction"] for each in group["security_group_rules"]] == ["egress", "egress"]
    assert group["stateful"] is True
    assert (await rig.get(f"/security-groups/{group['id']}"))["security_group"] == group


async def test_rules_come_and_go_and_the_group_shows_them(rig: Rig) -> None:
    group = await rig.make("security-groups", name="web")
    status, answer = await attempt(
        rig, group, protocol="tcp", port_range_min=22, port_range_max=22,
        remote_ip_prefix="10.0.0.5/8",
    )  # fmt: skip
    assert status == 201
    rule = answer["security_group_rule"]
    assert (rule["remote_ip_prefix"], rule["normalized_cidr"]) == ("10.0.0.5/8", "10.0.0.0/8")
    path = f"/security-groups/{group['id']}"
    shown = (await rig.get(path))["security_group"]
    assert rule in shown["security_group_rules"]
    assert shown["revision_number"] == group["revision_number"] + 1
    listed = await rig.get(f"/security-group-rules?security_group_id={group['id']}")
    assert len(listed["security_group_rules"]) == 3
    one = f"/security-group-rules/{rule['id']}"
    assert (await rig.get(one))["security_group_rule"] == rule
    assert (await rig.call("other", "DELETE", one))[0] == 404
    assert (await rig.call("demo", "DELETE", one))[0] == 204
    assert (await rig.call("demo", "DELETE", one))[0] == 404
    assert len((await rig.get(path))["security_group"]["security_group_rules"]) == 2


NOBODY = "5d8f0000-0000-4000-8000-00000000dead"


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"direction": "egress"}, 409, "SecurityGroupRuleExists"),
        ({"security_group_id": NOBODY}, 404, "SecurityGroupNotFound"),
        ({"remote_group_id": NOBODY}, 404, "SecurityGroupNotFound"),
        ({"direction": "up"}, 400, "HTTPBadRequest"),
        ({"ethertype": "IPv5"}, 400, "HTTPBadRequest"),
        ({"protocol": "carrier pigeon"}, 400, "HTTPBadRequest"),
        ({"protocol": 256}, 400, "HTTPBadRequest"),
        ({"remote_ip_prefix": "ten"}, 400, "HTTPBadRequest"),
        ({"remote_ip_prefix": "fd00::/64"}, 400, "SecurityGroupRuleParameterConflict"),
        ({"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": NOBODY},
         400, "SecurityGroupMultipleRemoteEntitiesSpecified"),
        ({"port_range_min": 1, "port_range_max": 2}, 400, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "tcp", "port_range_min": 9, "port_range_max": 2},
         400, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 9}, 400, "SecurityGroupInvalidPortRange"),
        ({"protocol": "udp", "port_range_min": 0, "port_range_max": 2},
         400, "SecurityGroupInvalidPortValue"),
        ({"protocol": "icmp", "port_range_max": 2}, 400, "SecurityGroupMissingIcmpType"),
        ({"protocol": "icmp", "port_range_min": 256}, 400, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "gre", "port_range_min": 1, "port_range_max": 2},
         400, "SecurityGroupInvalidProtocolForPort"),
        ({"protocol": "icmpv6"}, 400, "SecurityGroupEthertypeConflictWithProtocol"),
    ],
)  # fmt: skip
async def test_a_rule_that_cannot_be_is_refused(
    rig: Rig, fields: dict[str, Any], status: int, kind: str
) -> None:
    group = await rig.make("security-groups", name="web")
    answered, answer = await attempt(rig, group, **fields)
    assert (answered, answer["NeutronError"]["type"]) == (status, kind), answer
    shown = (await rig.get(f"/security-groups/{group['id']}"))["security_group"]
    assert len(shown["security_group_rules"]) == 2


async def test_a_group_in_use_stays(rig: Rig) -> None:
    network, _subnet = await rig.network()
    group = await rig.make("security-groups", name="web")
    port = await rig.make("ports", network_id=network["id"], security_groups=[group["id"]])
    path = f"/security-groups/{group['id']}"
    status, answer = await rig.call("demo", "DELETE", path)
    assert (status, answer["NeutronError"]["type"]) == (409, "SecurityGroupInUse")
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    assert (await rig.call("demo", "DELETE", path))[0] == 204


async def test_a_foreign_group_is_not_there(rig: Rig) -> None:
    group = await rig.make("security-groups", name="web")
    path = f"/security-groups/{group['id']}"
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"security_group": {}})):
        assert (await rig.call("other", method, path, body))[0] == 404
    network = await rig.make("networks", "other")
    port = {"port": {"network_id": network["id"], "security_groups": [group["id"]]}}
    assert (await rig.call("other", "POST", "/ports", port))[0] == 404


async def test_deleting_a_group_takes_the_rules_about_its_members_along(rig: Rig) -> None:
    web = await rig.make("security-groups", name="web")
    db = await rig.make("security-groups", name="db")
    assert (await attempt(rig, db, remote_group_id=web["id"]))[0] == 201
    assert (await rig.call("demo", "DELETE", f"/security-groups/{web['id']}"))[0] == 204
    shown = (await rig.get(f"/security-groups/{db['id']}"))["security_group"]
    assert len(shown["security_group_rules"]) == 2


async def test_limits_are_shown_changed_and_reset(rig: Rig) -> None:
    path = f"/quotas/{PROJECT}"
    defaults = {
        "network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10,
        "floatingip": 50, "security_group": 10, "security_group_rule": 100, "rbac_policy": 10,
        "address_group": 10,
    }  # fmt: skip
    assert await rig.get(path) == {"quota": defaults}
    assert (await rig.call("demo", "PUT", path, {"quota": {"port": 5}}))[0] == 403
    assert (await rig.call("other", "GET", path))[0] == 403
    changed = await rig.call("admin", "PUT", path, {"quota": {"port": 5, "trunk": 7}})
    assert changed == (200, {"quota": {**defaults, "port": 5}})
    assert await rig.get(f"{path}/default") == {"quota": defaults}
    listed = (await rig.get("/quotas", "admin"))["quotas"]
    assert [each["project_id"] for each in listed] == [PROJECT]
    await rig.network()
    details = (await rig.get(f"{path}/details.json"))["quota"]
    assert details["network"] == {"limit": 100, "used": 1, "reserved": 0}
    assert (await rig.call("admin", "DELETE", path))[0] == 204
    assert await rig.get(path) == {"quota": defaults}
    assert (await rig.get("/quotas/tenant"))["tenant"]["tenant_id"] == PROJECT


@pytest.mark.parametrize("quota", [{"colour": 1}, {"port": -2}, {"port": "many"}, {"port": 2**40}])
async def test_limits_that_are_none_are_refused(rig: Rig, quota: dict[str, Any]) -> None:
    status, answer = await rig.call("admin", "PUT", f"/quotas/{PROJECT}", {"quota": quota})
    assert (status, answer["NeutronError"]["type"]) == (400, "HTTPBadRequest")


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (-16, 80, "Invalid value for port -16"),
        (80, 79, "port_range_min must be <= port_range_max"),
        (80, 65536, "Invalid value for port 65536"),
        (None, 6, "port_range_min must be <= port_range_max"),
    ],
)
async def test_ports_that_are_none_are_told_apart(
    rig: Rig, low: int | None, high: int, says: str
) -> None:
    group = await rig.make("security-groups", name="web")
    status, answer = await attempt(
        rig, group, protocol="tcp", port_range_min=low, port_range_max=high
    )
    assert status == 400
    assert says in answer["NeutronError"]["message"]


async def test_a_group_that_is_no_id_is_nobodys(rig: Rig) -> None:
    group = await rig.make("security-groups", name="web")
    status, answer = await attempt(rig, group, remote_group_id="bad_group_id")
    assert (status, answer["NeutronError"]["type"]) == (404, "SecurityGroupNotFound")
    status, answer = await attempt(rig, {"id": "bad_group_id"})
    assert (status, answer["NeutronError"]["type"]) == (404, "SecurityGroupNotFound")
