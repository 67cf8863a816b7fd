"""Port forwardings, as clients see them."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.contract.network.test_floating_ips import Place, kind, place
from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


class Here:
    """A floating IP that leads nowhere as a whole, and a port."""

    def __init__(self, rig: Rig, at: Place, floating: Json, port: Json) -> None:
        self.rig, self.at, self.floating, self.port = rig, at, floating, port
        self.path = f"/floatingips/{floating['id']}/port_forwardings"

    async def ask(self, who: str = "demo", **fields: Any) -> tuple[int, Any]:
        wanted = {
            "internal_port_id": self.port["id"],
            "internal_port": 22,
            "external_port": 2222,
            "protocol": "tcp",
            **fields,
        }
        return await self.rig.call(who, "POST", self.path, {"port_forwarding": wanted})

    async def have(self, **fields: Any) -> Json:
        status, answer = await self.ask(**fields)
        assert status == 201, answer
        made: Json = answer["port_forwarding"]
        return made

    async def shown(self) -> Json:
        path = f"/floatingips/{self.floating['id']}"
        found: Json = (await self.rig.get(path))["floatingip"]
        return found


async def here(rig: Rig) -> Here:
    at = await place(rig)
    floating = await rig.make("floatingips", floating_network_id=at.external["id"])
    port = await rig.make("ports", network_id=at.network["id"])
    return Here(rig, at, floating, port)


async def test_a_port_of_a_floating_ip_leads_to_a_port(rig: Rig) -> None:
    spot = await here(rig)
    made = await spot.have(protocol="TCP", description="shell")
    assert made == {
        "id": made["id"],
        "internal_port_id": spot.port["id"],
        "internal_ip_address": spot.port["fixed_ips"][0]["ip_address"],
        "internal_port": 22,
        "external_port": 2222,
        "protocol": "tcp",
        "description": "shell",
    }
    assert await rig.get(f"{spot.path}/{made['id']}") == {"port_forwarding": made}
    shown = await spot.shown()
    assert (shown["port_forwardings"], shown["router_id"]) == ([made], spot.at.router["id"])
    assert (shown["status"], shown["port_id"]) == ("DOWN", None)
    assert (await rig.call("demo", "DELETE", f"{spot.path}/{made['id']}"))[0] == 204
    shown = await spot.shown()
    assert (shown["port_forwardings"], shown["router_id"]) == ([], None)


async def test_forwardings_are_listed_as_they_are_asked_for(rig: Rig) -> None:
    spot = await here(rig)
    for number in (1, 2, 3):
        await spot.have(external_port=number, internal_port=number)
    found = await rig.get(f"{spot.path}?sort_key=external_port&sort_dir=desc&fields=external_port")
    assert found == {"port_forwardings": [{"external_port": n} for n in (3, 2, 1)]}
    (second,) = (await rig.get(f"{spot.path}?external_port=2"))["port_forwardings"]
    page = await rig.get(f"{spot.path}?sort_key=external_port&sort_dir=asc&limit=2")
    assert [each["external_port"] for each in page["port_forwardings"]] == [1, 2]
    assert page["port_forwardings_links"]
    rest = f"{spot.path}?sort_key=external_port&sort_dir=asc&marker={second['id']}"
    assert [each["external_port"] for each in (await rig.get(rest))["port_forwardings"]] == [3]
    for query, status in (
        ("x=1", 400),
        (f"marker={NOWHERE}", 404),
        ("sort_key=x&sort_dir=asc", 400),
    ):
        assert (await rig.call("demo", "GET", f"{spot.path}?{query}"))[0] == status


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"protocol": "gre"}, 400, "HTTPBadRequest"),
        ({"external_port": 0}, 400, "HTTPBadRequest"),
        ({"internal_port": 70000}, 400, "HTTPBadRequest"),
        ({"internal_port_id": "x"}, 400, "HTTPBadRequest"),
        ({"internal_port_id": NOWHERE}, 404, "PortNotFound"),
        ({"internal_ip_address": "fd00::1"}, 400, "HTTPBadRequest"),
        ({"internal_ip_address": "10.9.9.9"}, 400, "BadRequest"),
        ({"unknown": 1}, 400, "HTTPBadRequest"),
        ({"project_id": "p"}, 400, "HTTPBadRequest"),
        ({"internal_port": 80}, 400, "BadRequest"),
        ({"external_port": 80}, 400, "BadRequest"),
    ],
)
async def test_forwardings_that_cannot_be_are_refused(
    rig: Rig, fields: Json, status: int, name: str
) -> None:
    spot = await here(rig)
    first = await spot.have()
    answered, answer = await spot.ask(**fields)
    assert (answered, kind(answer)) == (status, name)
    assert (await spot.shown())["port_forwardings"] == [first]


async def test_a_forwarding_changes(rig: Rig) -> None:
    spot = await here(rig)
    made, other = await spot.have(), await spot.have(external_port=80, internal_port=80)
    path = f"{spot.path}/{made['id']}"
    body = {"port_forwarding": {"external_port": 2200, "description": "x"}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert (status, answer["port_forwarding"]) == (
        200,
        {**made, "external_port": 2200, "description": "x"},
    )
    port = await rig.make("ports", network_id=spot.at.network["id"])
    body = {"port_forwarding": {"internal_port_id": port["id"]}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert answer["port_forwarding"]["internal_ip_address"] == port["fixed_ips"][0]["ip_address"]
    body = {"port_forwarding": {"external_port": other["external_port"]}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert (status, kind(answer)) == (400, "BadRequest")


async def test_a_floating_ip_leads_as_a_whole_or_port_by_port(rig: Rig) -> None:
    spot = await here(rig)
    await spot.have()
    path = f"/floatingips/{spot.floating['id']}"
    body: Json = {"floatingip": {"port_id": spot.port["id"]}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert (status, kind(answer)) == (409, "FipInUseByPortForwarding")
    body = {"floatingip": {"port_id": None}}
    assert (await rig.call("demo", "PUT", path, body))[0] == 200
    assert (await spot.shown())["router_id"] == spot.at.router["id"]
    whole = await rig.make(
        "floatingips", floating_network_id=spot.at.external["id"], port_id=spot.port["id"]
    )
    status, answer = await spot.ask(external_port=1, internal_port=1)
    assert (status, kind(answer)) == (409, "PortHasBindingFloatingIP")
    spot.path = f"/floatingips/{whole['id']}/port_forwardings"
    status, answer = await spot.ask()
    assert (status, kind(answer)) == (409, "FloatingIPPortAlreadyAssociated")


async def test_no_router_no_forwarding(rig: Rig) -> None:
    spot = await here(rig)
    network, _subnet = await rig.network("10.7.0.0/24")
    port = await rig.make("ports", network_id=network["id"])
    status, answer = await spot.ask(internal_port_id=port["id"])
    assert (status, kind(answer)) == (400, "BadRequest")
    await spot.have()
    path = f"/routers/{spot.at.router['id']}/remove_router_interface"
    status, answer = await rig.call("demo", "PUT", path, {"subnet_id": spot.at.subnet["id"]})
    assert (status, kind(answer)) == (409, "RouterInterfaceInUseByFloatingIP")


async def test_forwardings_go_with_the_port_they_lead_to(rig: Rig) -> None:
    spot = await here(rig)
    other = await rig.make("ports", network_id=spot.at.network["id"])
    await spot.have()
    kept = await spot.have(internal_port_id=other["id"], external_port=80)
    body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.77"}]}}
    assert (await rig.call("demo", "PUT", f"/ports/{spot.port['id']}", body))[0] == 200
    assert (await spot.shown())["port_forwardings"] == [kept]
    assert (await rig.call("demo", "DELETE", f"/ports/{other['id']}"))[0] == 204
    assert (await spot.shown())["port_forwardings"] == []


async def test_the_same_port_asked_for_at_once_leads_to_one(rig: Rig) -> None:
    spot = await here(rig)
    answers = await asyncio.gather(*(spot.ask(internal_port=n) for n in range(1, 7)))
    assert Counter(status for status, _answer in answers) == {201: 1, 400: 5}
    assert len((await spot.shown())["port_forwardings"]) == 1


async def test_others_forwardings_are_not_there(rig: Rig) -> None:
    spot = await here(rig)
    made = await spot.have()
    for method, rest in (("GET", ""), ("GET", f"/{made['id']}"), ("DELETE", f"/{made['id']}")):
        status, answer = await rig.call("other", method, f"{spot.path}{rest}")
        assert (status, kind(answer)) == (404, "FloatingIPNotFound")
    assert (await spot.ask("other"))[0] == 404
    for missing in (NOWHERE, "x"):
        status, answer = await rig.call("demo", "GET", f"{spot.path}/{missing}")
        assert (status, kind(answer)) == (404, "PortForwardingNotFound")
