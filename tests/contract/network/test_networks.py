"""Networks, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBERS_KEYS = {
    "id", "name", "tenant_id", "project_id", "admin_state_up", "status", "subnets", "shared",
    "router:external", "is_default", "mtu", "port_security_enabled", "dns_domain",
    "availability_zone_hints", "availability_zones", "description", "tags", "created_at",
    "updated_at", "revision_number", "ipv4_address_scope", "ipv6_address_scope",
}  # fmt: skip
PROVIDER_KEYS = {
    "provider:network_type", "provider:physical_network", "provider:segmentation_id",
}  # fmt: skip
NOBODY = "5d8f0000-0000-4000-8000-00000000dead"


async def test_a_network_is_active_at_once(rig: Rig) -> None:
    made = await rig.make("networks", name="private")
    assert set(made) == MEMBERS_KEYS
    assert (made["status"], made["mtu"], made["subnets"]) == ("ACTIVE", 1500, [])
    assert (await rig.get(f"/networks/{made['id']}"))["network"] == made
    assert (await rig.get("/networks"))["networks"] == [made]


async def test_administrators_see_and_choose_the_place_on_the_wire(rig: Rig) -> None:
    made = await rig.make(
        "networks",
        "admin",
        name="public",
        shared=True,
        **{
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "physnet1",
        },
    )
    assert set(made) == MEMBERS_KEYS | PROVIDER_KEYS
    assert made["provider:segmentation_id"] is None
    assert made["provider:physical_network"] == "physnet1"
    found = await rig.get("/networks?provider:physical_network=physnet1", "admin")
    assert [each["id"] for each in found["networks"]] == [made["id"]]
    seen = (await rig.get(f"/networks/{made['id']}"))["network"]
    assert set(seen) == MEMBERS_KEYS
    assert seen["router:external"] is True


async def test_projects_get_vlans_from_the_pool_one_after_the_other(rig: Rig) -> None:
    for expected in (100, 101):
        made = await rig.make("networks")
        seen = (await rig.get(f"/networks/{made['id']}", "admin"))["network"]
        assert seen["provider:segmentation_id"] == expected
        assert seen["provider:network_type"] == "vlan"
        assert seen["provider:physical_network"] is None  # no provider's network: a project's


PLACE = {"provider:network_type": "vlan", "provider:physical_network": "physnet1"}


@pytest.mark.parametrize(
    ("who", "fields", "status", "kind"),
    [
        ("demo", {"shared": True}, 403, "PolicyNotAuthorized"),
        ("demo", {"provider:network_type": "flat"}, 403, "PolicyNotAuthorized"),
        ("demo", {"project_id": "e" * 32}, 403, "PolicyNotAuthorized"),
        ("reader", {}, 403, "PolicyNotAuthorized"),
        ("demo", {"colour": "red"}, 400, "HTTPBadRequest"),
        ("demo", {"id": NOBODY}, 400, "HTTPBadRequest"),
        ("demo", {"name": "n" * 256}, 400, "HTTPBadRequest"),
        ("demo", {"name": 5}, 400, "HTTPBadRequest"),
        ("demo", {"name": "a\0b"}, 400, "HTTPBadRequest"),
        ("demo", {"mtu": 2**62}, 400, "HTTPBadRequest"),
        ("demo", {"admin_state_up": "perhaps"}, 400, "HTTPBadRequest"),
        ("demo", {"tenant_id": "d" * 32, "project_id": "e" * 32}, 400, "HTTPBadRequest"),
        ("admin", {"provider:network_type": "vxlan"}, 400, "HTTPBadRequest"),
        ("admin", {"provider:network_type": "flat"}, 400, "InvalidInput"),
        ("admin", {"provider:segmentation_id": 7}, 400, "InvalidInput"),
        ("admin", {**PLACE, "provider:physical_network": "mars"}, 400, "InvalidInput"),
        ("admin", {**PLACE, "provider:segmentation_id": 4095}, 400, "HTTPBadRequest"),
    ],
)
async def test_a_network_that_cannot_be_is_refused_and_nothing_changes(
    rig: Rig, who: str, fields: dict[str, Any], status: int, kind: str
) -> None:
    answered, answer = await rig.call(who, "POST", "/networks", {"network": fields})
    assert (answered, answer["NeutronError"]["type"]) == (status, kind)
    assert (await rig.get("/networks", "admin"))["networks"] == []


async def test_neutrons_words_for_what_is_wrong(rig: Rig) -> None:
    wrong = {
        "Unrecognized attribute(s) 'x'": {"x": 1},
        "Attribute 'status' not allowed in POST": {"status": "ACTIVE"},
        "Invalid input for mtu. Reason: '67' is too small - must be at least '68'.": {"mtu": 67},
    }
    for message, fields in wrong.items():
        _status, answer = await rig.call("demo", "POST", "/networks", {"network": fields})
        assert answer["NeutronError"]["message"] == message


async def test_a_place_on_the_wire_belongs_to_one_network(rig: Rig) -> None:
    body = {"network": {**PLACE, "provider:segmentation_id": 300}}
    assert (await rig.call("admin", "POST", "/networks", body))[0] == 201
    status, answer = await rig.call("admin", "POST", "/networks", body)
    assert (status, answer["NeutronError"]["type"]) == (409, "VlanIdInUse")
    flat = {
        "network": {
            "provider:network_type": "flat",
            "provider:physical_network": "physnet2",
        }
    }
    assert (await rig.call("admin", "POST", "/networks", flat))[0] == 201
    status, answer = await rig.call("admin", "POST", "/networks", flat)
    assert (status, answer["NeutronError"]["type"]) == (409, "FlatNetworkInUse")


async def test_a_foreign_network_is_not_there(rig: Rig) -> None:
    network, _subnet = await rig.network()
    for who, thing in (("other", network["id"]), ("demo", NOBODY), ("demo", "web")):
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {"network": {"name": "x"}})):
            status, answer = await rig.call(who, method, f"/networks/{thing}", body)
            assert (status, answer["NeutronError"]["type"]) == (404, "NetworkNotFound")
            assert answer["NeutronError"]["message"] == f"Network {thing} could not be found."
    assert (await rig.get("/networks", "other"))["networks"] == []


async def test_a_shared_network_is_seen_but_not_changed(rig: Rig) -> None:
    made = await rig.make("networks", "admin", shared=True)
    assert (await rig.get("/networks?shared=True"))["networks"][0]["id"] == made["id"]
    status, _answer = await rig.call("demo", "DELETE", f"/networks/{made['id']}")
    assert status == 403
    subnet = {"subnet": {"network_id": made["id"], "cidr": "10.0.0.0/24", "ip_version": 4}}
    assert (await rig.call("demo", "POST", "/subnets", subnet))[0] == 403


async def test_a_network_others_use_stays_shared(rig: Rig) -> None:
    made = await rig.make("networks", "admin", shared=True)
    await rig.make("ports", network_id=made["id"])
    body = {"network": {"shared": False}}
    status, answer = await rig.call("admin", "PUT", f"/networks/{made['id']}", body)
    assert (status, answer["NeutronError"]["type"]) == (409, "InvalidSharedSetting")


async def test_changes_count_revisions_and_may_depend_on_them(rig: Rig) -> None:
    made = await rig.make("networks", name="a")
    path = f"/networks/{made['id']}"
    status, answer = await rig.call("demo", "PUT", path, {"network": {"name": "b"}})
    assert (status, answer["network"]["name"]) == (200, "b")
    assert answer["network"]["revision_number"] == made["revision_number"] + 1
    status, answer = await rig.call(
        "demo", "PUT", path, {"network": {"name": "c"}}, If_Match="revision_number=0"
    )
    assert (status, answer["NeutronError"]["type"]) == (412, "RevisionNumberConstraintFailed")
    status, _none = await rig.call("demo", "DELETE", path, If_Match="revision_number=1")
    assert status == 204


async def test_a_network_with_ports_stays(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    status, answer = await rig.call("demo", "DELETE", f"/networks/{network['id']}")
    assert (status, answer["NeutronError"]["type"]) == (409, "NetworkInUse")
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    assert (await rig.call("demo", "DELETE", f"/networks/{network['id']}"))[0] == 204
    assert (await rig.get("/subnets"))["subnets"] == []


async def test_several_at_once_are_all_or_none(rig: Rig) -> None:
    body = {"networks": [{"name": "a"}, {"name": "b"}]}
    status, answer = await rig.call("demo", "POST", "/networks", body)
    assert status == 201
    assert [each["name"] for each in answer["networks"]] == ["a", "b"]
    bad = {"networks": [{"name": "c"}, {"name": 5}]}
    assert (await rig.call("demo", "POST", "/networks", bad))[0] == 400
    assert len((await rig.get("/networks"))["networks"]) == 2


@pytest.mark.parametrize("body", [None, [], {}, {"networks": []}, {"network": []}, {"x": {}}])
async def test_bodies_without_a_network_are_refused(rig: Rig, body: object) -> None:
    status, answer = await rig.call("demo", "POST", "/networks", body if body is not None else "")
    assert (status, answer["NeutronError"]["type"]) == (400, "HTTPBadRequest")


async def test_no_more_than_the_quota(rig: Rig) -> None:
    quota = {"quota": {"network": 1}}
    assert (await rig.call("admin", "PUT", f"/quotas/{'d' * 32}", quota))[0] == 200
    await rig.make("networks")
    status, answer = await rig.call("demo", "POST", "/networks", {"network": {}})
    assert (status, answer["NeutronError"]["type"]) == (409, "OverQuota")
    assert answer["NeutronError"]["message"] == "Quota exceeded for resources: ['network']."


async def test_when_every_vlan_is_out_untagged_networks_follow_and_then_none(rig: Rig) -> None:
    for _each in range(23):  # 21 VLANs, two physical networks
        await rig.make("networks", "admin")
    status, answer = await rig.call("admin", "POST", "/networks", {"network": {}})
    assert (status, answer["NeutronError"]["type"]) == (503, "NoNetworkAvailable")
