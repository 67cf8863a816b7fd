"""Server groups: their members share a node, or keep away from each other."""

from typing import Any
from uuid import uuid4

import pytest

from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import Rig, a_server


async def a_group(rig: Rig, policy: str) -> str:
    """Have a server group."""
    ident = uuid4()
    await rig.sql(
        "INSERT INTO server_groups (id, project_id, user_id, name, policy) "
        "VALUES ($1, $2, 'u', 'g', $3)",
        ident,
        DEMO_PROJECT,
        policy,
    )
    return str(ident)


async def members(rig: Rig, group: str, count: int) -> list[Any]:
    """Have so many servers in the group; return where each went."""
    body = a_server(networks="none", min_count=count, max_count=count)
    body |= {"os:scheduler_hints": {"group": group}}
    answer = await rig.call("POST", "/servers", body, mv="2.96")
    assert answer.status == 202, answer.body
    await rig.run_sagas()
    await rig.end_jobs()
    return await rig.sql("SELECT cluster, node, vm_state FROM servers ORDER BY launch_index")


async def test_members_that_keep_apart_get_a_node_each(rig: Rig) -> None:
    rows = await members(rig, await a_group(rig, "anti-affinity"), 3)
    nodes = [each["node"] for each in rig.world.gateway.operations("instance.create")]
    assert sorted(nodes) == ["node1.athens", "node2.athens"]
    assert [row["vm_state"] for row in rows].count("error") == 1, "there is no third node"


async def test_members_that_would_rather_be_apart_share_when_they_must(rig: Rig) -> None:
    rows = await members(rig, await a_group(rig, "soft-anti-affinity"), 3)
    assert {row["vm_state"] for row in rows} == {"active"}


async def test_a_cluster_that_knows_our_tag_keeps_members_apart_by_itself(rig: Rig) -> None:
    await rig.know_cluster(version=2, exclusion_prefixes=["cyclades:group"])
    group = await a_group(rig, "anti-affinity")
    await members(rig, group, 2)
    for operation in rig.world.gateway.operations("instance.create"):
        assert operation["node"] is None
        assert f"cyclades:group:{group}" in operation["tags"]


@pytest.mark.parametrize("policy", ["affinity", "soft-affinity"])
async def test_members_that_stay_together_share_a_cluster(rig: Rig, policy: str) -> None:
    await rig.know_cluster("berlin")
    rows = await members(rig, await a_group(rig, policy), 4)
    assert len({row["cluster"] for row in rows}) == 1


async def test_a_group_has_as_many_members_as_its_quota_says(rig: Rig) -> None:
    await rig.sql("INSERT INTO quotas VALUES ($1, '', 'server_group_members', 1)", DEMO_PROJECT)
    body = a_server(networks="none", min_count=2, max_count=2)
    body |= {"os:scheduler_hints": {"group": await a_group(rig, "anti-affinity")}}
    assert (await rig.call("POST", "/servers", body, mv="2.96")).status == 403


async def test_a_member_shows_its_group(rig: Rig) -> None:
    group = await a_group(rig, "affinity")
    body = a_server(networks="none") | {"os:scheduler_hints": {"group": group}}
    ident = (await rig.call("POST", "/servers", body, mv="2.96")).body["server"]["id"]
    assert (await rig.show(ident, mv="2.71"))["server_groups"] == [group]
    assert (await rig.show(ident, mv="2.96"))["server_groups"] == [group]
    assert "server_groups" not in await rig.show(ident, mv="2.70")
