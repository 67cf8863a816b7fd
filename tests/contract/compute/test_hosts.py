"""Zones, services and hypervisors: the nodes of all clusters, as administrators list them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.clock import utcnow
from shared.contracts.gateway import ClusterState
from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Json, Rig
from tests.integration.compute.world import a_cluster

ADMIN: Json = {"who": "admin", "mv": "2.96"}


async def hypervisors(rig: Rig, query: str = "", **how: Any) -> list[Json]:
    found: list[Json] = (await rig.get(f"/os-hypervisors{query}", **(ADMIN | how)))["hypervisors"]
    return found


async def services(rig: Rig, query: str = "", **how: Any) -> list[Json]:
    found: list[Json] = (await rig.get(f"/os-services{query}", **(ADMIN | how)))["services"]
    return found


async def test_every_cluster_is_in_a_zone(bare: Rig) -> None:
    assert await bare.get("/os-availability-zone") == {"availabilityZoneInfo": []}
    await bare.know_cluster("athens", availability_zone="south")
    await bare.know_cluster("patras", availability_zone="south", state=ClusterState.DRAINED)
    await bare.know_cluster("sofia", availability_zone="north", health="down")
    await bare.know_cluster("gone", availability_zone="gone", state=ClusterState.REMOVED)
    assert await bare.get("/os-availability-zone") == {
        "availabilityZoneInfo": [
            {"zoneName": "north", "zoneState": {"available": False}, "hosts": None},
            {"zoneName": "south", "zoneState": {"available": True}, "hosts": None},
        ]
    }


async def test_administrators_see_what_runs_in_a_zone(rig: Rig) -> None:
    detailed = (await rig.get("/os-availability-zone/detail", who="admin"))["availabilityZoneInfo"]
    zones = {zone["zoneName"]: zone for zone in detailed}
    assert set(zones) == {"az-athens", "internal"}
    service = zones["az-athens"]["hosts"]["node1.athens"]["nova-compute"]
    assert (service["available"], service["active"]) == (True, True)
    assert zones["az-athens"]["zoneState"] == {"available": True}
    assert set(zones["internal"]["hosts"]["cyclades"]) == {"nova-conductor", "nova-scheduler"}


async def test_there_is_a_service_on_every_node(rig: Rig) -> None:
    found = await services(rig, "?binary=nova-compute")
    assert [service["host"] for service in found] == ["node1.athens", "node2.athens"]
    [first] = await services(rig, "?host=node1.athens")
    assert len(first.pop("updated_at")) == len("2026-01-02T03:04:05.000000")
    assert str(UUID(first.pop("id")))
    assert first == {
        "binary": "nova-compute",
        "host": "node1.athens",
        "zone": "az-athens",
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
    }
    assert {service["binary"] for service in await services(rig)} == {
        "nova-compute",
        "nova-conductor",
        "nova-scheduler",
    }
    assert await services(rig, "?host=nowhere") == []


async def test_old_services_have_numbers(rig: Rig) -> None:
    [old] = await services(rig, "?host=node1.athens", mv="2.10")
    assert isinstance(old["id"], int)
    assert "forced_down" not in old
    [newer] = await services(rig, "?host=node1.athens", mv="2.52")
    assert (newer["id"], newer["forced_down"]) == (old["id"], False)


async def test_services_and_hypervisors_tell_of_trouble(bare: Rig) -> None:
    cluster = a_cluster()
    first, second = cluster.nodes
    nodes = [
        first.model_copy(update={"drained": True}),
        second.model_copy(update={"offline": True}),
    ]
    await bare.know_cluster(nodes=nodes)
    told = [
        (each["status"], each["state"]) for each in await services(bare, "?binary=nova-compute")
    ]
    assert told == [("disabled", "up"), ("enabled", "down")]
    assert [(each["status"], each["state"]) for each in await hypervisors(bare)] == told
    await bare.know_cluster(version=2, state=ClusterState.OFFLINE)
    assert {(each["status"], each["state"]) for each in await hypervisors(bare)} == {
        ("disabled", "down")
    }


async def test_a_service_is_switched_off_and_on(rig: Rig) -> None:
    [service] = await services(rig, "?host=node1.athens")
    path = f"/os-services/{service['id']}"
    off = {"status": "disabled", "disabled_reason": "new disks", "forced_down": True}
    answer = await rig.call("PUT", path, off, **ADMIN)
    assert answer.status == 200
    told = answer.body["service"]
    assert (told["status"], told["state"], told["disabled_reason"], told["forced_down"]) == (
        "disabled", "down", "new disks", True,
    )  # fmt: skip
    assert await services(rig, "?host=node1.athens") == [told]
    [hypervisor, other] = await hypervisors(rig)
    assert (hypervisor["status"], hypervisor["state"]) == ("disabled", "down")
    assert (other["status"], other["state"]) == ("enabled", "up")
    await rig.call("PUT", path, {"forced_down": False}, **ADMIN)
    answer = await rig.call("PUT", path, {"status": "enabled"}, **ADMIN)
    assert answer.body["service"] == service


async def test_until_2_52_a_service_is_switched_by_its_place(rig: Rig) -> None:
    where = {"host": "node1.athens", "binary": "nova-compute"}
    for verb, more, mv, told in (
        ("disable", {}, "2.1", {"status": "disabled"}),
        ("enable", {}, "2.1", {"status": "enabled"}),
        ("disable-log-reason", {"disabled_reason": "x"}, "2.1",
         {"status": "disabled", "disabled_reason": "x"}),
        ("force-down", {"forced_down": True}, "2.11", {"forced_down": True}),
        ("force-down", {"forced_down": "false"}, "2.52", {"forced_down": False}),
    ):  # fmt: skip
        answer = await rig.call("PUT", f"/os-services/{verb}", where | more, who="admin", mv=mv)
        assert (answer.status, answer.body) == (200, {"service": where | told})
    [service] = await services(rig, "?host=node1.athens")
    assert (service["status"], service["disabled_reason"]) == ("disabled", "x")
    wrong: list[Any] = [("PUT", "/os-services/disable", {}), ("PUT", "/os-services/enable",
             where | {"x": 1}), ("PUT", "/os-services/disable-log-reason", where)]  # fmt: skip
    assert await answered_otherwise(rig, 400, wrong, who="admin") == []
    unknown: list[Any] = [
        ("PUT", "/os-services/disable", where | {"host": "nowhere"}),
        ("PUT", "/os-services/force-down", where),  # not before 2.11
        ("PUT", "/os-services/dance", where),
    ]
    assert await answered_otherwise(rig, 404, unknown, who="admin") == []
    ours = {"host": "cyclades", "binary": "nova-scheduler"}
    assert await answered_otherwise(
        rig, 400, [("PUT", "/os-services/disable", ours)], who="admin"
    ) == []  # fmt: skip


async def test_switching_that_makes_no_sense_is_refused(rig: Rig) -> None:
    found = {service["host"]: service for service in await services(rig)}
    path = f"/os-services/{found['node1.athens']['id']}"
    bodies: list[Any] = [
        {},
        [],
        {"x": 1},
        {"disabled_reason": "x"},
        {"status": "enabled", "disabled_reason": "x"},
        {"status": "off"},
        {"status": "disabled", "disabled_reason": ""},
        {"status": "disabled", "disabled_reason": "x" * 256},
        {"forced_down": 5},
    ]
    calls: list[Any] = [("PUT", path, body) for body in bodies]
    calls.append(("PUT", f"/os-services/{found['cyclades']['id']}", {"status": "disabled"}))
    calls.append(("PUT", "/os-services/nothing", {"status": "disabled"}))
    assert await answered_otherwise(rig, 400, calls, **ADMIN) == []
    nowhere = [("PUT", f"/os-services/{UUID(int=1)}", {"status": "disabled"})]
    assert await answered_otherwise(rig, 404, nowhere, **ADMIN) == []
    assert await answered_otherwise(rig, 409, [("DELETE", path, None)], **ADMIN) == []
    assert await rig.sql("SELECT * FROM node_flags") == []


async def test_no_server_comes_to_a_node_that_is_switched_off(rig: Rig) -> None:
    for host in ("node1.athens", "node2.athens"):
        await rig.call(
            "PUT", "/os-services/disable", {"host": host, "binary": "nova-compute"}, who="admin"
        )
        server = await rig.create()
        await rig.run_sagas()
        created = rig.world.gateway.operations("instance.create")
        if host == "node1.athens":  # the other one is named, for Ganeti knows nothing of this
            assert [each["node"] for each in created] == ["node2.athens"]
        else:
            assert len(created) == 1
            assert (await rig.show(server))["fault"]["message"] == "No valid host was found."


async def test_a_hypervisor_shows_what_its_node_has(rig: Rig) -> None:
    server = await rig.active()
    node = (await rig.show(server, who="admin"))["OS-EXT-SRV-ATTR:hypervisor_hostname"]
    [hypervisor] = await hypervisors(
        rig, f"/detail?hypervisor_hostname_pattern={node}&with_servers=1", mv="2.87"
    )
    service = hypervisor.pop("service")
    assert (service["host"], service["disabled_reason"]) == (node, None)
    shown = await rig.get(f"/os-hypervisors/{hypervisor['id']}?with_servers=true", who="admin",
                          mv="2.87")  # fmt: skip
    assert shown["hypervisor"] == hypervisor | {"service": service}
    del hypervisor["id"]
    assert hypervisor == {
        "hypervisor_hostname": node,
        "state": "up",
        "status": "enabled",
        "hypervisor_type": "QEMU",
        "hypervisor_version": 3000002,
        "host_ip": "0.0.0.0",  # noqa: S104  # unknown
        "cpu_info": {},
        "vcpus": 16,
        "vcpus_used": 1,
        "memory_mb": 65536,
        "memory_mb_used": 32768,
        "free_ram_mb": 32768,
        "local_gb": 1000,
        "local_gb_used": 500,
        "free_disk_gb": 500,
        "disk_available_least": 500,
        "running_vms": 0,
        "current_workload": 0,
        "servers": [{"uuid": server, "name": f"cyc-{server}"}],
    }


async def test_hypervisors_by_microversion(rig: Rig) -> None:
    brief = {"id", "hypervisor_hostname", "state", "status"}
    [oldest, _] = await hypervisors(rig, mv="2.1")
    assert set(oldest) == brief
    assert isinstance(oldest["id"], int)
    [detailed, _] = await hypervisors(rig, "/detail", mv="2.27")
    assert detailed["cpu_info"] == ""
    assert isinstance(detailed["service"]["id"], int)
    newest = await hypervisors(rig, "/detail")
    assert set(newest[0]) == brief | {
        "hypervisor_type", "hypervisor_version", "host_ip", "service", "uptime",
    }  # fmt: skip
    with_servers = await hypervisors(rig, "?with_servers=true", mv="2.75")
    assert with_servers[0]["servers"] == []
    assert "servers" not in (await hypervisors(rig, "?with_servers=true", mv="2.74"))[0]


async def test_hypervisors_are_found_by_name(rig: Rig) -> None:
    server = await rig.active()
    node = (await rig.show(server, who="admin"))["OS-EXT-SRV-ATTR:host"]
    [found] = await hypervisors(rig, f"/{node}/search", mv="2.52")
    assert found["hypervisor_hostname"] == node
    [with_server] = await hypervisors(rig, f"/{node}/servers", mv="2.52")
    assert with_server["servers"] == [{"uuid": server, "name": f"cyc-{server}"}]
    gone = [("GET", f"/os-hypervisors/{node}/{what}", None) for what in ("search", "servers")]
    assert await answered_otherwise(rig, 404, gone, who="admin", mv="2.53") == []
    calls = [("GET", f"/os-hypervisors/{each}", None) for each in (node, "%00", "1", "x" * 999)]
    calls.append(("GET", "/os-hypervisors?hypervisor_hostname_pattern=nothing", None))
    assert await answered_otherwise(rig, 404, calls, **ADMIN) == []


async def test_hypervisors_are_paged_since_2_33(rig: Rig) -> None:
    body = await rig.get("/os-hypervisors?limit=1", who="admin", mv="2.33")
    [first] = body["hypervisors"]
    [link] = body["hypervisors_links"]
    assert link["href"].endswith(f"limit=1&marker={first['id']}")
    [second] = await hypervisors(rig, f"?limit=1&marker={first['id']}", mv="2.33")
    assert second["hypervisor_hostname"] == "node2.athens"
    queries = ("marker=nothing", "limit=x", "colour=1", "with_servers=perhaps",
               "limit=1&hypervisor_hostname_pattern=node", "marker=%00")  # fmt: skip
    calls = [("GET", f"/os-hypervisors?{query}", None) for query in queries]
    assert await answered_otherwise(rig, 400, calls, **ADMIN) == []


async def test_statistics_end_with_2_87(rig: Rig) -> None:
    path = "/os-hypervisors/statistics"
    found = (await rig.get(path, who="admin", mv="2.87"))["hypervisor_statistics"]
    assert (found["count"], found["vcpus"], found["memory_mb"]) == (2, 32, 131072)
    assert (await rig.call("GET", path, **ADMIN)).status == 404


async def test_a_hypervisor_runs_at_least_since_its_boot_was_seen(rig: Rig) -> None:
    [first, second] = await hypervisors(rig, mv="2.87")
    path = f"/os-hypervisors/{first['id']}/uptime"
    assert (await rig.call("GET", path, who="admin", mv="2.87")).status == 501
    assert (await rig.call("GET", path, **ADMIN)).status == 404
    nodes = a_cluster().nodes
    since = utcnow() - timedelta(days=3, hours=2, minutes=5)
    booted = nodes[0].model_copy(update={"up_since": since, "address": "192.0.2.7"})
    await rig.know_cluster(nodes=[booted, nodes[1]], version=2)
    shown = (await rig.get(path, who="admin", mv="2.87"))["hypervisor"]
    assert shown["uptime"].endswith("up at least 3 days,  2:05")
    assert shown.keys() == {"id", "hypervisor_hostname", "state", "status", "uptime"}
    found = await rig.get(f"/os-hypervisors/{first['id']}", **ADMIN)
    assert found["hypervisor"]["uptime"].endswith("up at least 3 days,  2:05")
    assert found["hypervisor"]["host_ip"] == "192.0.2.7"
    other = await rig.get(f"/os-hypervisors/{second['id']}", **ADMIN)
    assert other["hypervisor"]["uptime"] is None


async def test_only_administrators_look_behind_the_zones(rig: Rig) -> None:
    [first, _] = await hypervisors(rig)
    paths = ("/os-availability-zone/detail", "/os-services", "/os-hypervisors",
             "/os-hypervisors/detail", f"/os-hypervisors/{first['id']}",
             "/os-hypervisors/statistics")  # fmt: skip
    looks = [("GET", path, None) for path in paths]
    changes = [("PUT", "/os-services/x", {"status": "disabled"})]
    assert await answered_otherwise(rig, 403, [*looks, *changes], mv="2.87") == []


async def test_looking_takes_one_statement(rig: Rig) -> None:
    for path in ("/os-availability-zone", "/os-services", "/os-hypervisors/detail"):
        before = rig.service.parts.reads.statements
        await rig.get(path, **ADMIN)
        assert rig.service.parts.reads.statements - before == 1
