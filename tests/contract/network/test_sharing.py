"""Who else may see and use what: RBAC policies, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import OTHER_PROJECT, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


async def share(
    rig: Rig, thing: Json, object_type: str = "network", who: str = "demo", **fields: Any
) -> tuple[int, Any]:
    policy = {
        "object_type": object_type,
        "object_id": thing["id"],
        "action": "access_as_shared",
        "target_tenant": OTHER_PROJECT,
    }
    return await rig.call(who, "POST", "/rbac-policies", {"rbac_policy": {**policy, **fields}})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_network_is_shared_with_one_project(rig: Rig) -> None:
    network, subnet = await rig.network()
    path = f"/networks/{network['id']}"
    assert (await rig.call("other", "GET", path))[0] == 404
    status, answer = await share(rig, network)
    assert status == 201
    policy = answer["rbac_policy"]
    assert policy == {
        "id": policy["id"],
        "tenant_id": network["project_id"],
        "project_id": network["project_id"],
        "object_type": "network",
        "object_id": network["id"],
        "action": "access_as_shared",
        "target_tenant": OTHER_PROJECT,
    }
    assert (await rig.get(path, "other"))["network"]["shared"] is True
    assert (await rig.get(path))["network"]["shared"] is False
    assert len((await rig.get("/networks", "other"))["networks"]) == 1
    assert (await rig.get(f"/subnets/{subnet['id']}", "other"))["subnet"] == subnet
    port = await rig.make("ports", "other", network_id=network["id"])

    rule = f"/rbac-policies/{policy['id']}"
    status, answer = await rig.call("demo", "DELETE", rule)
    assert (status, kind(answer)) == (409, "RbacPolicyInUse")
    status, answer = await rig.call(
        "demo", "PUT", rule, {"rbac_policy": {"target_tenant": "a" * 32}}
    )
    assert (status, kind(answer)) == (409, "RbacPolicyInUse")
    assert (await rig.call("other", "DELETE", f"/ports/{port['id']}"))[0] == 204
    assert (await rig.call("demo", "DELETE", rule))[0] == 204
    assert (await rig.call("other", "GET", path))[0] == 404


async def test_a_guest_uses_a_shared_network_and_changes_nothing_of_it(rig: Rig) -> None:
    network, _subnet = await rig.network()
    await share(rig, network)
    path = f"/networks/{network['id']}"
    status, answer = await rig.call("other", "PUT", path, {"network": {"name": "mine"}})
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")
    status, answer = await rig.call("other", "DELETE", path)
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")


async def test_flags_and_policies_say_the_same(rig: Rig) -> None:
    network, _subnet = await rig.network(
        "203.0.113.0/24", "admin", shared=True, **{"router:external": True}
    )
    found = (await rig.get(f"/rbac-policies?object_id={network['id']}", "admin"))["rbac_policies"]
    assert {(each["action"], each["target_tenant"]) for each in found} == {
        ("access_as_shared", "*"),
        ("access_as_external", "*"),
    }
    for policy in found:
        assert (await rig.call("admin", "DELETE", f"/rbac-policies/{policy['id']}"))[0] == 204
    shown = (await rig.get(f"/networks/{network['id']}", "admin"))["network"]
    assert (shown["shared"], shown["router:external"]) == (False, False)
    status, answer = await share(
        rig, network, "network", "admin", action="access_as_external", target_tenant="*"
    )
    assert status == 201, answer
    assert (await rig.get(f"/networks/{network['id']}"))["network"]["router:external"] is True
    body = {"network": {"router:external": False}}
    assert (await rig.call("admin", "PUT", f"/networks/{network['id']}", body))[0] == 200
    left = await rig.get(f"/rbac-policies?object_id={network['id']}", "admin")
    assert left == {"rbac_policies": []}


async def test_a_network_is_external_for_one_project(rig: Rig) -> None:
    network, _subnet = await rig.network("203.0.113.0/24", "admin")
    await share(rig, network, "network", "admin", action="access_as_external")
    gateway = {"network_id": network["id"]}
    await rig.make("routers", "other", external_gateway_info=gateway)
    body = {"router": {"external_gateway_info": gateway}}
    status, answer = await rig.call("demo", "POST", "/routers", body)
    assert (status, kind(answer)) == (404, "NetworkNotFound")
    found = (await rig.get("/rbac-policies", "admin"))["rbac_policies"]
    status, answer = await rig.call("admin", "DELETE", f"/rbac-policies/{found[0]['id']}")
    assert (status, kind(answer)) == (409, "RbacPolicyInUse")


async def test_a_security_group_is_lent(rig: Rig) -> None:
    group = await rig.make("security-groups", name="web")
    network = await rig.make("networks", "other")
    body = {"port": {"network_id": network["id"], "security_groups": [group["id"]]}}
    status, answer = await rig.call("other", "POST", "/ports", body)
    assert (status, kind(answer)) == (404, "SecurityGroupNotFound")
    assert (await share(rig, group, "security_group"))[0] == 201
    shown = (await rig.get(f"/security-groups/{group['id']}", "other"))["security_group"]
    assert shown["shared"] is True
    assert (await rig.call("other", "POST", "/ports", body))[0] == 201
    status, answer = await rig.call("other", "DELETE", f"/security-groups/{group['id']}")
    assert (status, kind(answer)) == (404, "SecurityGroupNotFound")


async def test_a_pool_is_lent(rig: Rig) -> None:
    pool = await rig.make("subnetpools", name="p", prefixes=["10.0.0.0/16"], default_prefixlen=24)
    assert (await share(rig, pool, "subnetpool"))[0] == 201
    network = await rig.make("networks", "other")
    wanted = {"network_id": network["id"], "ip_version": 4, "subnetpool_id": pool["id"]}
    assert (await rig.make("subnets", "other", **wanted))["cidr"] == "10.0.0.0/24"
    found = (await rig.get("/rbac-policies"))["rbac_policies"]
    status, answer = await rig.call("demo", "DELETE", f"/rbac-policies/{found[0]['id']}")
    assert (status, kind(answer)) == (409, "RbacPolicyInUse")


async def test_what_may_not_be_shared_is_refused(rig: Rig) -> None:
    network, _subnet = await rig.network()
    group = await rig.make("security-groups", name="web")
    for thing, object_type, who, fields, expected in (
        (network, "network", "demo", {"target_tenant": "*"}, (403, "PolicyNotAuthorized")),
        (
            network,
            "network",
            "demo",
            {"action": "access_as_external"},
            (403, "PolicyNotAuthorized"),
        ),
        (network, "network", "other", {}, (404, "NetworkNotFound")),
        ({"id": NOWHERE}, "network", "demo", {}, (404, "NetworkNotFound")),
        (
            group,
            "security_group",
            "admin",
            {"action": "access_as_external"},
            (400, "HTTPBadRequest"),
        ),
        (network, "colour", "demo", {}, (400, "HTTPBadRequest")),
        (network, "network", "demo", {"target_tenant": ""}, (400, "HTTPBadRequest")),
    ):
        status, answer = await share(rig, thing, object_type, who, **fields)
        assert (status, kind(answer)) == expected, (object_type, who, fields)
    assert (await rig.get("/rbac-policies", "admin"))["rbac_policies"] == []
    assert (await share(rig, network))[0] == 201
    status, answer = await share(rig, network)
    assert (status, kind(answer)) == (409, "DuplicateRbacPolicy")


async def test_policies_go_with_their_object(rig: Rig) -> None:
    network = await rig.make("networks")
    await share(rig, network)
    assert (await rig.call("demo", "DELETE", f"/networks/{network['id']}"))[0] == 204
    assert (await rig.get("/rbac-policies"))["rbac_policies"] == []


async def test_the_project_that_may_sees_the_policy_but_leaves_it(rig: Rig) -> None:
    network = await rig.make("networks")
    policy = (await share(rig, network))[1]["rbac_policy"]
    assert (await rig.get("/rbac-policies", "other"))["rbac_policies"] == [policy]
    status, answer = await rig.call("other", "DELETE", f"/rbac-policies/{policy['id']}")
    assert (status, kind(answer)) == (404, "RbacPolicyNotFound")
