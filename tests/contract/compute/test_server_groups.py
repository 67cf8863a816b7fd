"""Server groups: one policy each, in two shapes, and the servers in them."""

from typing import Any
from uuid import uuid4

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Answer, Json, Rig, a_server

DEMO, USER = "d" * 32, "u" * 32


async def make(rig: Rig, policy: str = "anti-affinity", **how: Any) -> Answer:
    body = {"server_group": {"name": how.pop("name", "g"), "policy": policy, **how.pop("more", {})}}
    return await rig.call("POST", "/os-server-groups", body, **({"mv": "2.64"} | how))


async def made(rig: Rig, **how: Any) -> Json:
    answer = await make(rig, **how)
    assert answer.status == 200, answer.body
    group: Json = answer.body["server_group"]
    return group


async def test_since_2_64_a_group_has_one_policy_and_rules(bare: Rig) -> None:
    group = await made(bare, more={"rules": {"max_server_per_host": "3"}})
    assert group == {
        "id": group["id"],
        "name": "g",
        "policy": "anti-affinity",
        "rules": {"max_server_per_host": 3},
        "members": [],
        "project_id": DEMO,
        "user_id": USER,
    }
    shown = await bare.get(f"/os-server-groups/{group['id']}", mv="2.96")
    assert shown == {"server_group": group}
    assert (await bare.get("/os-server-groups", mv="2.64"))["server_groups"] == [group]


async def test_before_it_had_a_list_of_policies_and_metadata(bare: Rig) -> None:
    body = {"server_group": {"name": "g", "policies": ["affinity"]}}
    answer = await bare.call("POST", "/os-server-groups", body)
    group = answer.body["server_group"]
    assert group == {
        "id": group["id"],
        "name": "g",
        "policies": ["affinity"],
        "metadata": {},
        "members": [],
    }
    shown = await bare.get(f"/os-server-groups/{group['id']}", mv="2.13")
    assert shown["server_group"] == group | {"project_id": DEMO, "user_id": USER}


async def test_soft_policies_came_with_2_15(bare: Rig) -> None:
    body = {"server_group": {"name": "g", "policies": ["soft-affinity"]}}
    assert (await bare.call("POST", "/os-server-groups", body, mv="2.14")).status == 400
    assert (await bare.call("POST", "/os-server-groups", body, mv="2.15")).status == 200


async def test_members_are_the_servers_in_the_group(rig: Rig) -> None:
    group = await made(rig)
    body = a_server() | {"os:scheduler_hints": {"group": group["id"]}}
    answer = await rig.call("POST", "/servers", body, mv="2.96")
    member = answer.body["server"]["id"]
    shown = await rig.get(f"/os-server-groups/{group['id']}", mv="2.64")
    assert shown["server_group"]["members"] == [member]
    assert (await rig.show(member))["server_groups"] == [group["id"]]
    assert (await rig.call("DELETE", f"/os-server-groups/{group['id']}")).status == 204
    assert (await rig.show(member))["server_groups"] == []


async def test_groups_are_their_projects_own(bare: Rig) -> None:
    group = await made(bare)
    path = f"/os-server-groups/{group['id']}"
    foreign = [("GET", path, None), ("DELETE", path, None)]
    assert await answered_otherwise(bare, 404, foreign, who="other") == []
    assert (await bare.get("/os-server-groups", who="other"))["server_groups"] == []
    everybody = "/os-server-groups?all_projects=1"
    assert (await bare.get(everybody, who="other"))["server_groups"] == []
    assert len((await bare.get(everybody, who="admin"))["server_groups"]) == 1
    assert (await bare.call("GET", path, who="admin")).status == 200
    assert (await bare.call("DELETE", path)).status == 204
    assert await answered_otherwise(bare, 404, foreign) == []


async def test_readers_only_read(bare: Rig) -> None:
    group = await made(bare)
    assert (await make(bare, who="reader")).status == 403
    path = f"/os-server-groups/{group['id']}"
    assert (await bare.call("DELETE", path, who="reader")).status == 403
    assert (await bare.call("GET", path, who="reader")).status == 200


async def test_lists_go_by_offset(bare: Rig) -> None:
    for name in ("a", "b", "c"):
        await made(bare, name=name)

    async def names(query: str) -> list[str]:
        listed = (await bare.get(f"/os-server-groups{query}"))["server_groups"]
        return [group["name"] for group in listed]

    assert await names("?limit=1&offset=1") == ["b"]
    assert await names("?limit=0") == ["a", "b", "c"]
    assert await names(f"?offset={10**17}") == []
    calls = [("GET", f"/os-server-groups?{query}", None) for query in ("limit=-1", "offset=x")]
    assert await answered_otherwise(bare, 400, calls) == []
    assert (await bare.call("GET", "/os-server-groups?colour=1", mv="2.75")).status == 400
    assert await bare.statements_of(lambda: bare.get("/os-server-groups")) == 1


async def test_a_project_may_have_so_many(bare: Rig) -> None:
    limits = {"quota_set": {"server_groups": 1}}
    await bare.call("PUT", f"/os-quota-sets/{DEMO}", limits, who="admin")
    await made(bare)
    refused = await make(bare)
    assert refused.status == 403
    assert refused.body["forbidden"]["message"] == "Quota exceeded, too many server groups."
    assert (await bare.get("/limits"))["limits"]["absolute"]["totalServerGroupsUsed"] == 1


async def test_groups_that_make_no_sense_are_refused(bare: Rig) -> None:
    fine: Json = {"name": "g", "policy": "affinity"}
    new: list[Any] = [
        {"name": ""}, {"name": " "}, {"name": "g" * 256}, {"name": 5}, {"name": "g\u0000"},
        {"policy": "friendship"}, {"policy": None}, {"policy": []}, {"policies": ["affinity"]},
        {"rules": {"max_server_per_host": 2}}, {"rules": None}, {"rules": {"colour": 1}},
        {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}},
        {"policy": "anti-affinity", "rules": {"max_server_per_host": 2**31}},
        {"metadata": {}},
    ]  # fmt: skip
    calls = [("POST", "/os-server-groups", {"server_group": fine | each}) for each in new]
    assert await answered_otherwise(bare, 400, calls, mv="2.96") == []
    old: list[Any] = [fine, {"name": "g"}, {"name": "g", "policies": []},
                      {"name": "g", "policies": ["affinity", "affinity"]},
                      {"name": "g", "policies": "affinity"}]  # fmt: skip
    calls = [("POST", "/os-server-groups", {"server_group": each}) for each in old]
    assert await answered_otherwise(bare, 400, calls, mv="2.1") == []
    assert await bare.sql("SELECT 1 FROM server_groups") == []
    nowhere = [("GET", f"/os-server-groups/{name}", None) for name in ("x", "%00", str(uuid4()))]
    assert await answered_otherwise(bare, 404, nowhere) == []
