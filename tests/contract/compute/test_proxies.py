"""What Nova did for other services until 2.35: networks, security groups, metadata of images."""

from typing import Any, Final
from uuid import uuid4

import httpx
import orjson
import pytest
import pytest_asyncio

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import IMAGE, NETWORK, Json, Rig, fresh_id

GROUP: Final = "5ec00000-0000-4000-8000-000000000001"
OTHER: Final = "5ec00000-0000-4000-8000-000000000002"


class Neutron:
    """Security groups on paper, before the rest of the paper world."""

    def __init__(self, rig: Rig) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.rules = [a_rule(), a_rule(direction="egress"), a_rule(remote_group_id=OTHER)]
        self._world = rig.world
        self._answer = rig.world.answer

    def groups(self) -> list[Json]:
        """Return both groups."""
        names = {GROUP: ("web", self.rules), OTHER: ("db", [])}
        return [
            {"id": ident, "name": name, "description": "", "project_id": "d" * 32,
             "security_group_rules": rules}
            for ident, (name, rules) in names.items()
        ]  # fmt: skip

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer what is about security groups; leave the rest to the world."""
        path = request.url.path
        if "security-group" not in path:
            return self._answer(request)
        body = orjson.loads(request.content) if request.content else None
        self.asked.append((request.method, path, body or dict(request.url.params)))
        if request.headers["X-Auth-Token"] not in {"demo", "admin"}:
            return httpx.Response(401)
        if "security-group-rules" in path:
            made = {**a_rule(), **(body or {}).get("security_group_rule", {})}
            return httpx.Response(201, json={"security_group_rule": made} if body else None)
        if path.endswith("/security-groups") and request.method == "GET":
            return httpx.Response(200, json={"security_groups": self.groups()})
        if path.endswith(fresh := "0" * 12):
            return httpx.Response(404, json={"NeutronError": {"message": fresh}})
        if request.method == "DELETE":
            return httpx.Response(204)
        found = {**self.groups()[0], **(body or {}).get("security_group", {})}
        return httpx.Response(200, json={"security_group": found})


def a_rule(**changes: Any) -> Json:
    """Return a rule as Neutron tells it."""
    return {
        "id": str(uuid4()),
        "security_group_id": GROUP,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": None,
        "remote_group_id": None,
    } | changes


@pytest_asyncio.fixture(loop_scope="module")
async def neutron(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Neutron:
    """Security groups at the network service."""
    made = Neutron(rig)
    http = rig.service.parts.http
    monkeypatch.setattr(http, "_transport", httpx.MockTransport(made.answer))
    return made


async def test_security_groups_are_the_network_services(rig: Rig, neutron: Neutron) -> None:
    (web, db) = (await rig.get("/os-security-groups"))["security_groups"]
    assert (web["id"], web["name"], web["tenant_id"], db["rules"]) == (GROUP, "web", "d" * 32, [])
    ssh, from_db = web["rules"]  # what goes out is not Nova's
    assert ssh == {
        "id": neutron.rules[0]["id"],
        "parent_group_id": GROUP,
        "ip_protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "group": {},
        "ip_range": {"cidr": "0.0.0.0/0"},
    }
    assert from_db["group"] == {"name": "db", "tenant_id": "d" * 32}
    assert from_db["ip_range"] == {}
    assert neutron.asked[-1][2] == {"project_id": "d" * 32}
    await rig.get("/os-security-groups?all_tenants=true")
    assert neutron.asked[-1][2] == {"project_id": "d" * 32}
    await rig.get("/os-security-groups?all_tenants=true", who="admin")
    assert neutron.asked[-1][2] == {}


async def test_a_group_is_made_changed_and_deleted(rig: Rig, neutron: Neutron) -> None:
    body = {"security_group": {"name": "new", "description": "x"}}
    made = await rig.call("POST", "/os-security-groups", body)
    assert (made.status, made.body["security_group"]["name"]) == (200, "new")
    path = f"/os-security-groups/{GROUP}"
    assert (await rig.get(path))["security_group"]["name"] == "web"
    assert (await rig.call("PUT", path, body)).status == 200
    assert (await rig.call("DELETE", path)).status == 202
    assert ("DELETE", f"/v2.0/security-groups/{GROUP}", {}) in neutron.asked
    missing = [("GET", f"/os-security-groups/{ident}", None)
               for ident in ("x", "%00", GROUP[:-12] + "0" * 12)]  # fmt: skip
    assert await answered_otherwise(rig, 404, missing) == []
    bodies: list[Any] = [
        {},
        {"security_group": {}},
        {"security_group": {"name": ""}},
        {"security_group": {"name": "x" * 256}},
        {"security_group": {"name": "x", "y": 1}},
    ]
    wrong = [("POST", "/os-security-groups", body) for body in bodies]
    assert await answered_otherwise(rig, 400, wrong) == []
    assert await answered_otherwise(rig, 403, [("DELETE", path, None)], who="reader") == []


async def test_rules_are_made_for_what_comes_in(rig: Rig, neutron: Neutron) -> None:
    rule: Json = {"parent_group_id": GROUP, "ip_protocol": "tcp", "from_port": 80, "to_port": "81"}
    made = await rig.call("POST", "/os-security-group-rules", {"security_group_rule": rule})
    assert made.status == 200
    view = made.body["security_group_rule"]
    assert (view["from_port"], view["to_port"], view["ip_range"]) == (80, 81, {"cidr": "0.0.0.0/0"})
    sent = neutron.asked[-1][2]["security_group_rule"]
    assert (sent["direction"], sent["remote_ip_prefix"]) == ("ingress", "0.0.0.0/0")
    of_group = {"security_group_rule": rule | {"group_id": OTHER}}
    made = await rig.call("POST", "/os-security-group-rules", of_group)
    assert made.body["security_group_rule"]["group"]["name"] == "db"
    answer = await rig.call("DELETE", f"/os-security-group-rules/{fresh_id()}")
    assert answer.status == 202
    wrong: list[Any] = [
        ("POST", "/os-security-group-rules", {"security_group_rule": rule | change})
        for change in ({"from_port": None}, {"ip_protocol": "x"}, {"parent_group_id": "x"},
                       {"cidr": "::/0", "group_id": OTHER}, {"to_port": 2**40}, {"x": 1})
    ]  # fmt: skip
    assert await answered_otherwise(rig, 400, wrong) == []


async def test_networks_are_listed_as_nova_did(rig: Rig) -> None:
    (full,) = (await rig.get("/os-networks"))["networks"]
    assert (full["id"], full["label"], full["bridge"]) == (NETWORK, "private", None)
    brief = {"id": NETWORK, "label": "private", "cidr": "None"}
    assert await rig.get("/os-tenant-networks") == {"networks": [brief]}
    assert await rig.get(f"/os-tenant-networks/{NETWORK}") == {"network": brief}
    assert (await rig.get(f"/os-networks/{NETWORK}"))["network"] == full
    missing = [("GET", f"/os-networks/{each}", None) for each in ("x", fresh_id())]
    assert await answered_otherwise(rig, 404, missing) == []


async def test_metadata_of_images_is_changed_until_2_38(rig: Rig) -> None:
    path = f"/images/{IMAGE}/metadata"
    rig.world.images.images[IMAGE] |= {
        "os_distro": "debian", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert await rig.get(f"{path}/os_distro") == {"meta": {"os_distro": "debian"}}
    merged = await rig.call("POST", path, {"metadata": {"a": "b"}}, mv="2.38")
    assert merged.body["metadata"] | {"a": "b", "os_distro": "debian"} == merged.body["metadata"]
    put = await rig.call("PUT", f"{path}/a", {"meta": {"a": "c"}})
    assert (put.status, put.body) == (200, {"meta": {"a": "c"}})
    assert (await rig.call("DELETE", f"{path}/os_distro")).status == 204
    missing: list[Any] = [("GET", f"{path}/none", None), ("DELETE", f"{path}/none", None),
               ("POST", f"/images/{fresh_id()}/metadata", {"metadata": {}})]  # fmt: skip
    assert await answered_otherwise(rig, 404, missing) == []
    wrong = [("PUT", f"{path}/a", {"meta": {"b": "c"}}), ("POST", path, {}),
             ("POST", path, {"metadata": {"a": 5}})]  # fmt: skip
    assert await answered_otherwise(rig, 400, wrong) == []
    gone = [("POST", path, {"metadata": {"a": "b"}})]
    assert await answered_otherwise(rig, 404, gone, mv="2.39") == []
    many = {f"k{number}": "v" for number in range(200)}
    assert await answered_otherwise(rig, 403, [("PUT", path, {"metadata": many})]) == []


async def test_since_2_36_the_other_services_are_asked(rig: Rig) -> None:
    calls: list[Any] = [
        ("GET", "/os-security-groups", None),
        ("POST", "/os-security-groups", {"security_group": {"name": "x"}}),
        ("DELETE", f"/os-security-group-rules/{fresh_id()}", None),
        ("GET", "/os-networks", None),
        ("GET", f"/os-tenant-networks/{NETWORK}", None),
    ]
    assert await answered_otherwise(rig, 404, calls, mv="2.36") == []
