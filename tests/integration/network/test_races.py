"""What happens at the same moment: no address, MAC or group is given out twice."""

import asyncio
from uuid import UUID

import pytest

from services.network.api.deps import DEPS
from services.network.domain.resource import View
from services.network.store.stores import Transaction
from services.network.usecases import ports, subnets
from shared.errors import StaleWrite
from tests.integration.network.rig import Json, Rig
from tests.parts.locks import wait_for_a_lock

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_sixteen_ports_at_once_share_no_address(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/27")
    body = {"port": {"network_id": network["id"]}}
    answers = await asyncio.gather(
        *(rig.call(who, "POST", "/ports", body) for who in ("demo", "admin") * 8)
    )
    assert [status for status, _answer in answers] == [201] * 16
    given = {answer["port"]["fixed_ips"][0]["ip_address"] for _status, answer in answers}
    assert len(given) == 16


async def test_the_last_addresses_go_to_as_many_ports_as_there_are(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/29")  # five addresses
    body = {"port": {"network_id": network["id"]}}
    answers = await asyncio.gather(
        *(rig.call(who, "POST", "/ports", body) for who in ("demo", "admin") * 4)
    )
    assert sorted(status for status, _answer in answers) == [201] * 5 + [409] * 3


async def test_ports_that_ask_for_one_address_and_ports_that_do_not_share_none(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/27")
    bodies = [
        {"port": {"network_id": network["id"], "fixed_ips": [{"ip_address": f"10.0.0.{n}"}]}}
        for n in range(2, 8)
    ] + [{"port": {"network_id": network["id"]}}] * 6
    answers = await asyncio.gather(
        *(
            rig.call(who, "POST", "/ports", body)
            for who, body in zip(("demo", "admin") * 6, bodies, strict=True)
        )
    )
    made = [answer["port"] for status, answer in answers if status == 201]
    assert all(status in {201, 409} for status, _answer in answers)
    given = [port["fixed_ips"][0]["ip_address"] for port in made]
    assert len(set(given)) == len(given)
    assert len(given) >= 6


async def test_a_stale_hint_gives_no_address_twice(rig: Rig) -> None:
    network, subnet = await rig.network("10.0.0.0/29")
    taken = await rig.make("ports", network_id=network["id"])
    address = taken["fixed_ips"][0]["ip_address"]
    transaction = _transaction(rig)
    async with transaction() as stores:
        found = await stores.subnets.get(UUID(subnet["id"]))
        await stores.addresses.open(found)  # every address is offered again
    other = await rig.make("ports", network_id=network["id"])
    assert other["fixed_ips"][0]["ip_address"] != address


def _transaction(rig: Rig) -> Transaction:
    return rig.service.app[DEPS].transaction


async def test_many_first_looks_make_one_default_group(rig: Rig) -> None:
    answers = await asyncio.gather(*(rig.get("/security-groups") for _each in range(8)))
    ids = {group["id"] for answer in answers for group in answer["security_groups"]}
    assert len(ids) == 1
    told = await rig.published("network.security_group")
    assert [fact["verb"] for fact in told] == ["created"]


async def test_a_quota_holds_against_many_at_once(rig: Rig) -> None:
    await rig.call("admin", "PUT", f"/quotas/{'d' * 32}", {"quota": {"network": 3}})
    answers = await asyncio.gather(
        *(rig.call("demo", "POST", "/networks", {"network": {}}) for _each in range(8))
    )
    assert sorted(status for status, _answer in answers) == [201] * 3 + [409] * 5


async def test_the_limit_of_ports_holds_against_many_at_once(rig: Rig) -> None:
    network, _subnet = await rig.network()
    await rig.call("admin", "PUT", f"/quotas/{'d' * 32}", {"quota": {"port": 3}})
    body = {"port": {"network_id": network["id"]}}
    answers = await asyncio.gather(
        *(rig.call("demo", "POST", "/ports", body) for _each in range(8))
    )
    assert sorted(status for status, _answer in answers) == [201] * 3 + [409] * 5


async def test_who_waited_for_the_last_address_gets_one_that_was_freed_meanwhile(
    rig: Rig,
) -> None:
    network, subnet = await rig.network("10.0.0.0/29")
    ports = [await rig.make("ports", network_id=network["id"]) for _ in range(4)]
    bare = await rig.make("ports", network_id=network["id"], fixed_ips=[])
    wanted = [{"subnet_id": subnet["id"]}]
    async with _transaction(rig)() as stores:
        assert await stores.addresses.take_next(UUID(subnet["id"]), UUID(bare["id"]))
        await stores.addresses.release_all(UUID(ports[0]["id"]))
        late = asyncio.create_task(rig.make("ports", network_id=network["id"], fixed_ips=wanted))
        await wait_for_a_lock(rig.service.parts.reads.value)
    assert (await late)["fixed_ips"][0]["ip_address"] == ports[0]["fixed_ips"][0]["ip_address"]


async def test_many_networks_at_once_share_no_vlan(rig: Rig) -> None:
    answers = await asyncio.gather(
        *(rig.call(who, "POST", "/networks", {"network": {}}) for who in ("demo", "admin") * 4)
    )
    assert [status for status, _answer in answers] == [201] * 8
    listed = (await rig.get("/networks", "admin"))["networks"]
    assert len({each["provider:segmentation_id"] for each in listed}) == 8


async def test_overlapping_subnets_at_once_are_one(rig: Rig) -> None:
    network, _none = await rig.network(None)
    body = {"subnet": {"network_id": network["id"], "cidr": "10.0.0.0/24", "ip_version": 4}}
    answers = await asyncio.gather(*(rig.call("demo", "POST", "/subnets", body) for _ in range(4)))
    assert sorted(status for status, _answer in answers) == [201, 400, 400, 400]


async def test_a_drawn_mac_that_is_taken_is_drawn_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, _subnet = await rig.network()
    taken = await rig.make("ports", network_id=network["id"])
    drawn = iter([taken["mac_address"], "fa:16:3e:00:00:02"])
    monkeypatch.setattr(ports, "random_mac", lambda: next(drawn))
    port = await rig.make("ports", network_id=network["id"])
    assert port["mac_address"] == "fa:16:3e:00:00:02"
    assert port["fixed_ips"][0]["ip_address"] == "10.0.0.3"


async def test_deleting_a_network_and_plugging_into_it_leaves_neither_half(rig: Rig) -> None:
    for _round in range(4):
        network, _subnet = await rig.network()
        body = {"port": {"network_id": network["id"]}}
        (deleted, _none), (made, _answer) = await asyncio.gather(
            rig.call("demo", "DELETE", f"/networks/{network['id']}"),
            rig.call("demo", "POST", "/ports", body),
        )
        assert (deleted, made) in {(204, 404), (409, 201)}


async def test_a_port_made_while_its_network_gets_a_subnet_has_its_address(rig: Rig) -> None:
    network, _subnet = await rig.network()
    automatic = {
        "network_id": UUID(network["id"]),
        "project_id": network["project_id"],
        "cidr": "2001:db8::/64",
        "ip_version": 6,
        "ipv6_address_mode": "slaac",
        "ipv6_ra_mode": "slaac",
    }
    view = View(project_id=network["project_id"], everything=False)
    transaction = _transaction(rig)
    async with transaction() as stores:
        await stores.networks.get(UUID(network["id"]), lock=True)
        late = asyncio.create_task(rig.make("ports", network_id=network["id"]))
        await wait_for_a_lock(rig.service.parts.reads.value)
        await subnets.make(stores, view, automatic)
    assert len((await late)["fixed_ips"]) == 2


async def test_changes_at_once_are_all_made(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    path = f"/ports/{port['id']}"
    wanted: Json = {"name": "n", "description": "d", "device_id": "x", "admin_state_up": False}
    fields = [{key: value} for key, value in wanted.items()]
    await asyncio.gather(*(rig.call("demo", "PUT", path, {"port": each}) for each in fields))
    now = (await rig.get(path))["port"]
    assert {key: now[key] for key in wanted} == wanted
    assert now["revision_number"] == port["revision_number"] + 4


async def test_a_port_deleted_twice_at_once_frees_its_address_once(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/29")
    port = await rig.make("ports", network_id=network["id"])
    path = f"/ports/{port['id']}"
    answers = await asyncio.gather(*(rig.call("demo", "DELETE", path) for _each in range(3)))
    assert sorted(status for status, _answer in answers) == [204, 404, 404]
    told = [fact for fact in await rig.published("network.port") if fact["verb"] == "deleted"]
    assert len(told) == 1


async def test_a_port_bound_while_its_subnet_becomes_ready_is_plugged(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    bind = {"binding:host_id": "athens"}
    first = await rig.make("ports", "service", network_id=network["id"], **bind)
    await rig.run_sagas()  # creates
    await rig.end_jobs()  # created; connects
    _ended, later = await asyncio.gather(
        rig.end_jobs(),
        rig.make("ports", "service", network_id=network["id"], **bind),
    )
    await rig.settle()
    for port in (first, later):
        seen = (await rig.get(f"/ports/{port['id']}", "admin"))["port"]
        assert seen["binding:vif_type"] == "bridge"


async def test_a_subnet_does_not_become_ready_while_a_port_begins_to_wait_for_it(rig: Rig) -> None:
    await rig.know_cluster()
    network, _subnet = await rig.network()
    bind = {"binding:host_id": "athens"}
    await rig.make("ports", "service", network_id=network["id"], **bind)
    await rig.run_sagas()  # creates
    await rig.end_jobs()  # created; connects
    async with _transaction(rig)() as stores:
        (known,) = await stores.cluster_subnets.recorded("athens")
        await stores.cluster_subnets.want(known)
        ending = asyncio.create_task(rig.end_jobs())
        await wait_for_a_lock(rig.service.parts.reads.value, ending)
        assert not ending.done()
    await ending


async def test_a_write_over_an_old_revision_is_refused(rig: Rig) -> None:
    network = await rig.make("networks")
    transaction = _transaction(rig)
    async with transaction() as stores:
        old = await stores.networks.get(UUID(network["id"]))
        await stores.networks.save(old)
        with pytest.raises(StaleWrite):
            await stores.networks.save(old)


async def test_what_collides_is_looked_at_again(rig: Rig) -> None:
    await rig.get("/security-groups")
    transaction = _transaction(rig)
    async with transaction() as stores:
        (default,) = await stores.groups.where()
    with pytest.raises(StaleWrite):
        async with transaction() as stores:
            await stores.groups.add(default)


async def test_subnets_cut_from_a_pool_at_once_share_no_address(rig: Rig) -> None:
    pool = await rig.make("subnetpools", name="p", prefixes=["10.0.0.0/21"], default_prefixlen=24)
    networks = [await rig.make("networks") for _each in range(10)]
    answers = await asyncio.gather(
        *(
            rig.call(
                "demo",
                "POST",
                "/subnets",
                {
                    "subnet": {
                        "network_id": network["id"],
                        "ip_version": 4,
                        "subnetpool_id": pool["id"],
                    }
                },
            )
            for network in networks
        )
    )
    made = [answer["subnet"]["cidr"] for status, answer in answers if status == 201]
    assert sorted(status for status, _answer in answers) == [201] * 8 + [409] * 2
    assert len(set(made)) == 8


async def test_one_fixed_address_gets_one_floating_ip(rig: Rig) -> None:
    external, _subnet = await rig.network("203.0.113.0/24", "admin", **{"router:external": True})
    network, subnet = await rig.network()
    router = await rig.make("routers", external_gateway_info={"network_id": external["id"]})
    path = f"/routers/{router['id']}/add_router_interface"
    await rig.call("demo", "PUT", path, {"subnet_id": subnet["id"]})
    port = await rig.make("ports", network_id=network["id"])
    body = {"floatingip": {"floating_network_id": external["id"], "port_id": port["id"]}}
    answers = await asyncio.gather(
        *(rig.call("demo", "POST", "/floatingips", body) for _each in range(6))
    )
    assert sorted(status for status, _answer in answers) == [201] + [409] * 5
    held = (await rig.get(f"/ports?network_id={external['id']}", "admin"))["ports"]
    assert len(held) == 2  # the router's, and that of the one that was made


async def test_a_port_that_goes_meanwhile_leaves_no_floating_ip_behind_it(rig: Rig) -> None:
    external, _subnet = await rig.network("203.0.113.0/24", "admin", **{"router:external": True})
    network, subnet = await rig.network()
    router = await rig.make("routers", external_gateway_info={"network_id": external["id"]})
    path = f"/routers/{router['id']}/add_router_interface"
    await rig.call("demo", "PUT", path, {"subnet_id": subnet["id"]})
    for _round in range(5):
        port = await rig.make("ports", network_id=network["id"])
        body = {"floatingip": {"floating_network_id": external["id"], "port_id": port["id"]}}
        made, gone = await asyncio.gather(
            rig.call("demo", "POST", "/floatingips", body),
            rig.call("demo", "DELETE", f"/ports/{port['id']}"),
        )
        assert made[0] in {201, 404}
        assert gone[0] == 204
    left = (await rig.get("/floatingips"))["floatingips"]
    assert [each["port_id"] for each in left] == [None] * len(left)


async def test_a_subnet_is_connected_once(rig: Rig) -> None:
    _network, subnet = await rig.network()
    routers = [await rig.make("routers") for _each in range(4)]
    answers = await asyncio.gather(
        *(
            rig.call(
                "demo",
                "PUT",
                f"/routers/{router['id']}/add_router_interface",
                {"subnet_id": subnet["id"]},
            )
            for router in routers
        )
    )
    assert sorted(status for status, _answer in answers) == [200] + [409] * 3
