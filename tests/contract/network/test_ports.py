"""Ports, as clients see them."""

from typing import Any

import pytest

from tests.integration.network.rig import OTHER_PROJECT, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWNERS_KEYS = {
    "id", "name", "network_id", "tenant_id", "project_id", "mac_address", "admin_state_up",
    "status", "device_id", "device_owner", "fixed_ips", "security_groups",
    "allowed_address_pairs", "extra_dhcp_opts", "port_security_enabled", "binding:vnic_type",
    "dns_name", "dns_domain", "dns_assignment", "ip_allocation", "description", "tags",
    "propagate_uplink_status",
    "created_at", "updated_at", "revision_number",
}  # fmt: skip
BINDING_KEYS = {
    "binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details",
}  # fmt: skip


async def attempt(rig: Rig, network: Json, who: str = "demo", **fields: Any) -> tuple[int, Any]:
    return await rig.call(who, "POST", "/ports", {"port": {"network_id": network["id"], **fields}})


def addresses(port: Json) -> list[str]:
    return [each["ip_address"] for each in port["fixed_ips"]]


async def test_a_port_gets_a_mac_an_address_and_the_default_group(rig: Rig) -> None:
    network, subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"], dns_name="web")
    assert set(port) == OWNERS_KEYS
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.0.0.2"}]
    assert (port["status"], port["ip_allocation"]) == ("DOWN", "immediate")
    assert port["dns_assignment"] == [
        {"ip_address": "10.0.0.2", "hostname": "web", "fqdn": "web.openstacklocal."}
    ]
    groups = (await rig.get("/security-groups"))["security_groups"]
    assert port["security_groups"] == [groups[0]["id"]]
    assert groups[0]["name"] == "default"
    assert set((await rig.get("/ports", "admin"))["ports"][0]) == OWNERS_KEYS | BINDING_KEYS


async def test_a_port_without_subnets_has_no_address(rig: Rig) -> None:
    network, _none = await rig.network(None)
    port = await rig.make("ports", network_id=network["id"])
    assert (port["fixed_ips"], port["ip_allocation"]) == ([], "none")


async def test_a_port_gets_an_address_of_each_version(rig: Rig) -> None:
    network, _subnet = await rig.network()
    await rig.make("subnets", network_id=network["id"], cidr="fd00::/64", ip_version=6)
    await rig.make(
        "subnets", network_id=network["id"], cidr="fd01::/64", ip_version=6,
        ipv6_address_mode="slaac", ipv6_ra_mode="slaac",
    )  # fmt: skip
    port = await rig.make("ports", network_id=network["id"], mac_address="fa:16:3e:01:02:03")
    assert addresses(port) == ["10.0.0.2", "fd00::2", "fd01::f816:3eff:fe01:203"]


async def test_addresses_may_be_chosen(rig: Rig) -> None:
    network, subnet = await rig.network()
    by_address = await rig.make(
        "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.50"}]
    )
    assert addresses(by_address) == ["10.0.0.50"]
    by_subnet = await rig.make(
        "ports",
        network_id=network["id"],
        fixed_ips=[{"subnet_id": subnet["id"]}, {"subnet_id": subnet["id"]}],
    )
    assert addresses(by_subnet) == ["10.0.0.2", "10.0.0.3"]
    none = await rig.make("ports", network_id=network["id"], fixed_ips=[])
    assert none["fixed_ips"] == []


NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"network_id": NOWHERE}, 404, "NetworkNotFound"),
        ({"network_id": "web"}, 400, "HTTPBadRequest"),
        ({"fixed_ips": [{"ip_address": "10.0.0.2"}]}, 409, "IpAddressInUse"),
        ({"fixed_ips": [{"ip_address": "10.0.0.1"}]}, 409, "IpAddressInUse"),
        ({"fixed_ips": [{"ip_address": "10.0.0.255"}]}, 400, "InvalidIpForSubnet"),
        ({"fixed_ips": [{"ip_address": "10.9.0.2"}]}, 400, "InvalidIpForNetwork"),
        ({"fixed_ips": [{"subnet_id": NOWHERE}]}, 400, "InvalidInput"),
        ({"fixed_ips": [{}]}, 400, "InvalidInput"),
        ({"fixed_ips": [{"ip_address": "10.0.0.8"}, {"ip_address": "10.0.0.8"}]},
         400, "HTTPBadRequest"),
        ({"fixed_ips": "10.0.0.8"}, 400, "HTTPBadRequest"),
        ({"mac_address": "fa:16:3e:00:00:01"}, 409, "MacAddressInUse"),
        ({"mac_address": "01:00:5e:00:00:01"}, 400, "HTTPBadRequest"),
        ({"security_groups": [NOWHERE]}, 404, "SecurityGroupNotFound"),
        ({"security_groups": ["web"]}, 400, "HTTPBadRequest"),
        ({"port_security_enabled": False, "allowed_address_pairs": [{"ip_address": "10.0.0.9"}]},
         409, "AddressPairAndPortSecurityRequired"),
        ({"allowed_address_pairs": [{"mac_address": "fa:16:3e:00:00:09"}]}, 400, "HTTPBadRequest"),
        ({"binding:host_id": "athens"}, 403, "PolicyNotAuthorized"),
        ({"binding:vnic_type": "direct"}, 400, "HTTPBadRequest"),
        ({"status": "ACTIVE"}, 400, "HTTPBadRequest"),
        ({"dns_name": "a.b"}, 400, "HTTPBadRequest"),
        ({"device_id": "d" * 256}, 400, "HTTPBadRequest"),
        ({"project_id": OTHER_PROJECT}, 403, "PolicyNotAuthorized"),
    ],
)  # fmt: skip
async def test_a_port_that_cannot_be_is_refused_and_nothing_changes(
    rig: Rig, fields: dict[str, Any], status: int, kind: str
) -> None:
    network, _subnet = await rig.network()
    await rig.make("ports", network_id=network["id"], mac_address="fa:16:3e:00:00:01")
    answered, answer = await attempt(rig, network, **fields)
    assert (answered, answer["NeutronError"]["type"]) == (status, kind), answer
    assert len((await rig.get("/ports"))["ports"]) == 1
    used = await rig.service.parts.reads.value("SELECT count(*) FROM addresses")
    assert used == 1


async def test_an_address_is_free_again_when_its_port_is_gone(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/30")
    port = await rig.make("ports", network_id=network["id"])
    status, answer = await attempt(rig, network)
    assert answer["NeutronError"]["message"] == (
        f"No more IP addresses available on network {network['id']}."
    )
    assert status == 409
    assert (await rig.call("demo", "DELETE", f"/ports/{port['id']}"))[0] == 204
    again = await rig.make("ports", network_id=network["id"])
    assert addresses(again) == addresses(port)


async def test_a_chosen_address_is_not_given_out_again(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/29")
    for address in ("10.0.0.2", "10.0.0.4", "10.0.0.6"):
        await rig.make("ports", network_id=network["id"], fixed_ips=[{"ip_address": address}])
    given = [addresses(await rig.make("ports", network_id=network["id"])) for _each in range(2)]
    assert given == [["10.0.0.3"], ["10.0.0.5"]]


async def test_a_port_may_move_to_other_addresses(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    wanted = [{"ip_address": "10.0.0.2"}, {"ip_address": "10.0.0.77"}]
    path = f"/ports/{port['id']}"
    status, answer = await rig.call("demo", "PUT", path, {"port": {"fixed_ips": wanted}})
    assert status == 200
    assert addresses(answer["port"]) == ["10.0.0.2", "10.0.0.77"]
    body = {"port": {"fixed_ips": [{"ip_address": "10.0.0.77"}]}}
    _status, answer = await rig.call("demo", "PUT", path, body)
    assert addresses(answer["port"]) == ["10.0.0.77"]
    assert addresses(await rig.make("ports", network_id=network["id"])) == ["10.0.0.2"]


async def test_a_port_may_change(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    group = await rig.make("security-groups", name="web")
    changes = {
        "name": "p",
        "description": "d",
        "admin_state_up": False,
        "device_id": "somebody",
        "device_owner": "mine:own",
        "security_groups": [group["id"]],
        "allowed_address_pairs": [{"ip_address": "10.0.0.99"}],
        "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}],
    }
    path = f"/ports/{port['id']}"
    status, answer = await rig.call("demo", "PUT", path, {"port": changes})
    assert status == 200, answer
    assert {key: answer["port"][key] for key in changes} == changes
    body: Json = {"port": {"port_security_enabled": False}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert (status, answer["NeutronError"]["type"]) == (409, "PortSecurityPortHasSecurityGroup")
    body = {"port": {**body["port"], "security_groups": [], "allowed_address_pairs": []}}
    status, answer = await rig.call("demo", "PUT", path, body)
    assert (status, answer["port"]["port_security_enabled"]) == (200, False)
    assert (await rig.call("demo", "DELETE", f"/security-groups/{group['id']}"))[0] == 204


async def test_a_foreign_port_is_not_there(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    path = f"/ports/{port['id']}"
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"port": {"name": "x"}})):
        status, answer = await rig.call("other", method, path, body)
        assert (status, answer["NeutronError"]["type"]) == (404, "PortNotFound")
    assert (await attempt(rig, network, "other"))[0] == 404


async def test_a_guest_on_a_network_takes_what_it_gets(rig: Rig) -> None:
    network, _subnet = await rig.network(who="admin", shared=True)
    port = await rig.make("ports", network_id=network["id"])
    assert addresses(port) == ["10.0.0.2"]
    chosen = (
        {"fixed_ips": [{"ip_address": "10.0.0.9"}]},
        {"mac_address": "fa:16:3e:00:00:09"},
        {"port_security_enabled": False},
        {"device_owner": "network:dhcp"},
    )
    for fields in chosen:
        assert (await attempt(rig, network, **fields))[0] == 403
    assert (await rig.call("other", "GET", f"/ports/{port['id']}"))[0] == 404


async def test_several_at_once_share_nothing(rig: Rig) -> None:
    network, _subnet = await rig.network()
    body = {"ports": [{"network_id": network["id"], "tags": ["a"]} for _each in range(3)]}
    status, answer = await rig.call("demo", "POST", "/ports", body)
    assert status == 201
    assert [addresses(port) for port in answer["ports"]] == [
        ["10.0.0.2"],
        ["10.0.0.3"],
        ["10.0.0.4"],
    ]
    assert answer["ports"][0]["tags"] == ["a"]


async def test_the_same_key_is_the_same_port(rig: Rig) -> None:
    network, _subnet = await rig.network()
    body = {"port": {"network_id": network["id"]}}
    first = await rig.call("service", "POST", "/ports", body, Idempotency_Key="k1")
    second = await rig.call("service", "POST", "/ports", body, Idempotency_Key="k1")
    assert first == second
    assert first[0] == 201
    other = {"port": {"network_id": network["id"], "name": "x"}}
    assert (await rig.call("service", "POST", "/ports", other, Idempotency_Key="k1"))[0] == 422
    assert len((await rig.get("/ports", "service"))["ports"]) == 1


async def test_uplink_status_propagation_is_kept_as_it_is_given(rig: Rig) -> None:
    network, _subnet = await rig.network()
    usual = await rig.make("ports", network_id=network["id"])
    assert usual["propagate_uplink_status"] is True
    other = await rig.make("ports", network_id=network["id"], propagate_uplink_status=False)
    path = f"/ports/{other['id']}"
    assert (await rig.get(path))["port"]["propagate_uplink_status"] is False
    status, answer = await rig.call(
        "demo", "PUT", path, {"port": {"propagate_uplink_status": True}}
    )
    assert (status, answer["port"]["propagate_uplink_status"]) == (200, True)
