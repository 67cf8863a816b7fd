"""Security groups and addresses are changed at the server's ports, and seen at once."""

import asyncio
from typing import Any

import pytest_asyncio
import sqlalchemy as sa

from shared.contracts.resources import SecurityGroupChanged
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import NETWORK, Rig, fresh_id, port_changed
from tests.parts.locks import wait_for_a_lock

Json = dict[str, Any]


@pytest_asyncio.fixture(loop_scope="module")
async def web(rig: Rig) -> str:
    """Return a group besides the default one; the project has both."""
    default, web = fresh_id(), fresh_id()
    rules = [
        {
            "id": fresh_id(), "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
            "port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": None,
            "remote_group_id": None, "project_id": DEMO_PROJECT,
        },
        {"id": fresh_id(), "direction": "egress", "ethertype": "IPv4", "protocol": None},
    ]  # fmt: skip
    for ident, name in ((default, "default"), (web, "web")):
        group = {"id": ident, "name": name, "description": name, "security_group_rules": rules}
        rig.world.network.security_groups.append(group)
        await rig.hear(
            SecurityGroupChanged(
                verb="created", id=ident, project_id=DEMO_PROJECT, version=1, document=group
            )
        )
    return web


async def names(rig: Rig, server: str) -> set[str]:
    """Return the names of the server's groups."""
    listed = await rig.get(f"/servers/{server}/os-security-groups")
    return {each["name"] for each in listed["security_groups"]}


async def test_a_group_comes_and_goes_by_name_and_by_id(rig: Rig, web: str) -> None:
    server = await rig.active(security_groups=[{"name": "web"}])
    (port,) = rig.world.network.ports.values()
    assert port["security_groups"] == [web]
    assert (await rig.act(server, addSecurityGroup={"name": "default"})).status == 202
    assert await names(rig, server) == {"web", "default"}
    assert (await rig.act(server, removeSecurityGroup={"name": web})).status == 202
    assert await names(rig, server) == {"default"}
    assert web not in port["security_groups"]


async def test_a_server_may_be_in_no_group(rig: Rig, web: str) -> None:
    server = await rig.active(security_groups=[{"name": "web"}])
    assert (await rig.act(server, removeSecurityGroup={"name": "web"})).status == 202
    assert "security_groups" not in await rig.show(server)
    (port,) = rig.world.network.ports.values()
    await rig.hear(port_changed(port, 3))
    assert "security_groups" not in await rig.show(server)
    assert (await rig.act(server, removeSecurityGroup={"name": "web"})).status == 404


async def test_a_server_leaves_the_group_nobody_asked_for(rig: Rig, web: str) -> None:
    server = await rig.active()
    (port,) = rig.world.network.ports.values()
    default = rig.world.network.security_groups[0]["id"]
    port["security_groups"] = [default]
    for told in (False, True):
        if told:
            port["security_groups"] = [default]
            await rig.hear(port_changed(port, 3))
        shown = await rig.show(server)
        assert shown["security_groups"] == [{"name": "default"}]
        assert (await rig.act(server, removeSecurityGroup={"name": "default"})).status == 202
        assert "security_groups" not in await rig.show(server)
        assert port["security_groups"] == []


async def test_unknown_and_ambiguous_groups_are_refused(rig: Rig, web: str) -> None:
    server = await rig.active(security_groups=[{"name": web}])
    rig.world.network.security_groups += [{"id": fresh_id(), "name": "twin"} for _each in range(2)]
    assert (await rig.act(server, addSecurityGroup={"name": "nope"})).status == 404
    assert (await rig.act(server, addSecurityGroup={"name": "twin"})).status == 409
    assert (await rig.act(server, addSecurityGroup={})).status == 400
    other = await rig.call(
        "POST", f"/servers/{server}/action", {"addSecurityGroup": {"name": web}}, who="other"
    )
    assert other.status == 404
    assert await names(rig, server) == {"web"}


async def test_what_a_group_lets_in_is_shown_as_nova_words_it(rig: Rig, web: str) -> None:
    server = await rig.active(security_groups=[{"name": "web"}])
    (group,) = (await rig.get(f"/servers/{server}/os-security-groups"))["security_groups"]
    (rule,) = group["rules"]
    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 80, 80)
    assert (rule["ip_range"], rule["group"]) == ({"cidr": "0.0.0.0/0"}, {})
    path = f"/servers/{server}/os-security-groups"
    assert await rig.statements_of(lambda: rig.get(path)) <= 2


async def test_one_more_address_comes_and_goes(rig: Rig) -> None:
    server = await rig.active()
    assert (await rig.act(server, addFixedIp={"networkId": NETWORK})).status == 202
    shown = (await rig.show(server))["addresses"]["private"]
    assert [each["addr"] for each in shown] == ["10.0.0.1", "10.0.0.200"]
    assert (await rig.act(server, removeFixedIp={"address": "10.0.0.200"})).status == 202
    shown = (await rig.show(server))["addresses"]["private"]
    assert [each["addr"] for each in shown] == ["10.0.0.1"]
    assert (await rig.act(server, removeFixedIp={"address": "10.0.0.200"})).status == 400
    assert (await rig.act(server, addFixedIp={"networkId": fresh_id()})).status == 400


async def test_a_floating_address_is_asked_of_the_network_service(rig: Rig) -> None:
    server = await rig.active()
    floating: Json = {"id": fresh_id(), "floating_ip_address": "172.24.4.9", "port_id": None}
    rig.world.network.floating_ips.append(floating)
    (port,) = rig.world.network.ports
    assert (await rig.act(server, addFloatingIp={"address": "172.24.4.9"})).status == 202
    assert floating["port_id"] == port
    assert (await rig.act(server, removeFloatingIp={"address": "172.24.4.9"})).status == 202
    assert floating["port_id"] is None
    assert (await rig.act(server, removeFloatingIp={"address": "172.24.4.9"})).status == 409
    assert (await rig.act(server, addFloatingIp={"address": "172.24.4.8"})).status == 404
    path = f"/servers/{server}/action"
    late = await rig.call("POST", path, {"addFloatingIp": {"address": "172.24.4.9"}}, mv="2.44")
    assert late.status == 404


async def test_news_of_a_port_and_a_change_of_its_groups_never_wait_for_each_other(
    rig: Rig, web: str
) -> None:
    """News lock the port and then its server: whoever did the opposite would deadlock."""
    server = await rig.active(security_groups=[{"name": "web"}])
    (port,) = rig.world.network.ports
    await rig.hear(port_changed(rig.world.network.ports[port], 1))
    rig.world.network.ports[port]["revision_number"] = 2
    async with rig.service.parts.engine.begin() as news:
        row = "SELECT id FROM resources WHERE kind = 'network.port' AND id = :id FOR UPDATE"
        assert await news.scalar(sa.text(row), {"id": port}) == port
        changing = asyncio.create_task(rig.act(server, removeSecurityGroup={"name": "web"}))
        await wait_for_a_lock(rig.service.parts.reads.value, changing)
        assert not changing.done(), "it should wait for the port"
        free = "SELECT id FROM servers WHERE id = CAST(:id AS uuid) FOR UPDATE NOWAIT"
        assert str(await news.scalar(sa.text(free), {"id": server})) == server
    assert (await changing).status == 202
    assert await names(rig, server) == set()
