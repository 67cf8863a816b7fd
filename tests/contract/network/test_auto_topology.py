"""A network with a way to the world, for the asking."""

import asyncio
from typing import Any

import pytest

from tests.integration.network.rig import OTHER_PROJECT, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROJECT = "d" * 32
PATH = f"/auto-allocated-topology/{PROJECT}"


async def deployment(rig: Rig) -> Json:
    """Have what an administrator prepares."""
    external, _subnet = await rig.network(
        "203.0.113.0/24", "admin", is_default=True, **{"router:external": True}
    )
    for prefix, length in (("10.0.0.0/16", 24), ("fd00::/48", 64)):
        await rig.make(
            "subnetpools", "admin", name="default", prefixes=[prefix], shared=True,
            is_default=True, default_prefixlen=length,
        )  # fmt: skip
    return external


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


async def test_a_network_is_made_when_first_asked_for(rig: Rig) -> None:
    external = await deployment(rig)
    found = (await rig.get(PATH))["auto_allocated_topology"]
    assert found["project_id"] == PROJECT
    network = (await rig.get(f"/networks/{found['id']}"))["network"]
    assert (network["name"], network["project_id"]) == ("auto_allocated_network", PROJECT)
    subnets = (await rig.get(f"/subnets?network_id={found['id']}"))["subnets"]
    assert sorted(each["cidr"] for each in subnets) == ["10.0.0.0/24", "fd00::/64"]
    (router,) = (await rig.get("/routers"))["routers"]
    assert router["external_gateway_info"]["network_id"] == external["id"]
    port = await rig.make("ports", network_id=found["id"])
    made = await rig.make("floatingips", floating_network_id=external["id"], port_id=port["id"])
    assert made["router_id"] == router["id"]
    assert (await rig.get("/auto-allocated-topology/None"))["auto_allocated_topology"] == found

    status, answer = await rig.call("demo", "DELETE", PATH)
    assert (status, kind(answer)) == (409, "NetworkInUse")
    await rig.call("demo", "DELETE", f"/floatingips/{made['id']}")
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    assert (await rig.call("demo", "DELETE", PATH))[0] == 204
    assert (await rig.get("/routers"))["routers"] == []
    status, answer = await rig.call("demo", "DELETE", PATH)
    assert (status, kind(answer)) == (404, "AutoAllocatedTopologyNotFound")


async def test_many_who_ask_at_once_get_one(rig: Rig) -> None:
    await deployment(rig)
    answers = await asyncio.gather(*(rig.get(PATH) for _each in range(6)))
    assert len({each["auto_allocated_topology"]["id"] for each in answers}) == 1
    assert len((await rig.get("/routers"))["routers"]) == 1


async def test_it_says_what_the_administrator_has_not_prepared(rig: Rig) -> None:
    for expected in ("No default router:external network", "No default pools defined"):
        status, answer = await rig.call("demo", "GET", PATH)
        assert (status, kind(answer)) == (409, "AutoAllocationFailure")
        assert expected in answer["NeutronError"]["message"]
        assert (await rig.call("demo", "GET", f"{PATH}?fields=dry-run"))[0] == 409
        await rig.network("203.0.113.0/24", "admin", is_default=True, **{"router:external": True})
    assert (await rig.get("/networks?name=auto_allocated_network"))["networks"] == []


async def test_a_dry_run_makes_nothing(rig: Rig) -> None:
    await deployment(rig)
    found = (await rig.get(f"{PATH}?fields=dry-run"))["auto_allocated_topology"]
    assert found["id"] == "dry-run=pass"
    assert (await rig.get("/routers"))["routers"] == []


async def test_it_is_ones_own(rig: Rig) -> None:
    await deployment(rig)
    status, answer = await rig.call("demo", "GET", f"/auto-allocated-topology/{OTHER_PROJECT}")
    assert (status, kind(answer)) == (403, "PolicyNotAuthorized")
    assert (await rig.call("admin", "GET", f"/auto-allocated-topology/{OTHER_PROJECT}"))[0] == 200
