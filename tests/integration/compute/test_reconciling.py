"""What servers and instances disagree on is found, and put right when it lasts."""

from typing import Any

import pytest

from services.compute.usecases import reconciling
from tests.integration.compute.bench import Bench
from tests.integration.compute.test_volumes import attached


async def test_nothing_is_done_where_all_agree(bench: Bench) -> None:
    before = await bench.rig.show(bench.ident)
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == []
    assert await bench.rig.show(bench.ident) == before


async def test_a_difference_is_put_right_in_the_second_round_only(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == ["state"]
    assert await bench.rounds(1) == 1
    assert await bench.rig.state(bench.ident) == ("ACTIVE", None)
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == []
    actions = await bench.rig.get(f"/servers/{bench.ident}/os-instance-actions", mv="2.84")
    assert actions["instanceActions"][0]["action"] == "external"


async def test_what_is_no_longer_so_in_ganeti_is_left_alone(bench: Bench) -> None:
    await bench.seen(status="ADMIN_down")
    await bench.rig.sql("UPDATE servers SET vm_state = 'active', power_state = 1")
    await bench.age()
    bench.ganeti.instances[bench.name]["status"] = "running"  # news of it is on its way
    assert await bench.rounds(3) == 0
    ((state,),) = await bench.rig.sql("SELECT vm_state FROM servers")
    assert state == "active"


async def test_a_server_that_changed_between_two_looks_is_looked_at_anew(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    assert await bench.rounds(1) == 0
    await bench.rig.sql("UPDATE servers SET version = version + 1")
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1


async def test_a_server_that_something_is_done_to_is_left_alone(bench: Bench) -> None:
    await bench.rig.act(bench.ident, **{"os-stop": None})
    await bench.seen(status="ERROR_wrongnode")
    assert await bench.rounds(3) == 0
    assert await bench.rig.state(bench.ident) == ("ACTIVE", "powering-off")
    assert await bench.drifts() == ["busy"], "it is looked at again"


async def test_a_cluster_that_does_not_answer_is_asked_again(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    bench.ganeti.away = True
    assert await bench.rounds(3) == 0
    bench.ganeti.away = False
    assert await bench.rounds(1) == 1


async def test_what_putting_right_does_not_help_is_tried_less_and_less_often(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def in_vain(*_: object) -> bool:
        tries.append(await bench.rig.sql("SELECT looks FROM drifts"))
        return False

    monkeypatch.setattr(reconciling, "heal", in_vain)
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    assert await bench.rounds(19) == 0
    assert [looks for ((looks,),) in tries] == [2, 3, 5, 9, 17]


async def test_an_instance_that_was_removed_makes_its_server_an_error(bench: Bench) -> None:
    del bench.ganeti.instances[bench.name]
    assert await bench.reconciler.verify("athens") == 1
    await bench.age()
    assert await bench.rounds() == 1
    shown = await bench.rig.show(bench.ident)
    assert (shown["status"], shown["fault"]["message"]) == (
        "ERROR",
        "The instance vanished from its cluster.",
    )
    assert len(bench.rig.world.network.ports) == 1, "its address is held"


async def test_news_that_never_came_is_found_by_comparing_the_whole_cluster(bench: Bench) -> None:
    assert await bench.reconciler.verify("athens") == 0
    bench.ganeti.instances[bench.name]["status"] = "USER_down"
    assert await bench.reconciler.verify("athens") == 1
    await bench.age()
    assert await bench.rounds() == 1
    assert await bench.rig.state(bench.ident) == ("SHUTOFF", None)
    assert await bench.reconciler.verify("athens") == 0


async def test_another_size_is_taken_over_when_there_is_a_flavor_of_it(bench: Bench) -> None:
    await bench.seen(**{"be/vcpus": 4, "be/maxmem": 4096})
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == ["flavor"], "told, for no flavor is like that"
    flavor = {"name": "m1.big", "ram": 4096, "vcpus": 4, "disk": 20, "id": "big"}
    answer = await bench.rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")
    assert answer.status == 200
    assert await bench.rounds(2) == 1
    assert (await bench.rig.show(bench.ident))["flavor"]["original_name"] == "m1.big"
    limits = (await bench.rig.get("/limits"))["limits"]["absolute"]
    assert (limits["totalCoresUsed"], limits["totalRAMUsed"]) == (4, 4096)


async def test_an_interface_that_was_taken_out_is_let_go_of(bench: Bench) -> None:
    await bench.seen(**{"nic.names": [], "nic.macs": [], "nic.ips": []})
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert bench.rig.world.network.ports == {}
    assert (await bench.rig.show(bench.ident))["addresses"] == {}


async def test_strange_devices_are_told_and_left_alone(bench: Bench) -> None:
    there = bench.ganeti.instances[bench.name]
    await bench.seen(
        **{
            "nic.names": [*there["nic.names"], "eth9"],
            "nic.macs": [*there["nic.macs"], "aa:00:00:00:00:09"],
            "nic.ips": [*there["nic.ips"], None],
            "disk.names": [*there["disk.names"], "scratch"],
        }
    )
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == ["disk_strange", "nic_strange"]
    await bench.reconciler.count()


async def test_the_instance_of_a_deleted_server_is_removed(bench: Bench) -> None:
    assert (await bench.rig.call("DELETE", f"/servers/{bench.ident}")).status == 204
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert (await bench.rig.call("GET", f"/servers/{bench.ident}")).status == 404
    before = len(bench.rig.world.gateway.operations("instance.delete"))
    await bench.seen()  # somebody restored it
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    assert len(bench.rig.world.gateway.operations("instance.delete")) == before + 1
    await bench.rig.end_jobs()
    await bench.rig.observe(bench.ident, None)
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == []


async def test_a_deleted_servers_instance_with_disks_of_others_is_left_alone(bench: Bench) -> None:
    await bench.rig.call("DELETE", f"/servers/{bench.ident}")
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    before = len(bench.rig.world.gateway.operations("instance.delete"))
    await bench.seen(**{"disk.names": ["precious"]})
    assert await bench.rounds(3) == 0
    await bench.rig.run_sagas()
    assert len(bench.rig.world.gateway.operations("instance.delete")) == before
    assert await bench.drifts() == ["orphan"]


async def test_unknown_instances_are_ignored(bench: Bench) -> None:
    stranger = "cyc-00000000-0000-4000-8000-000000000000"
    bench.ganeti.instances[stranger] = bench.ganeti.instances[bench.name] | {"name": stranger}
    await bench.reconciler.verify("athens")
    await bench.age()
    assert await bench.rounds(3) == 0
    assert bench.rig.world.gateway.operations("instance.delete") == []


async def test_an_action_that_nobody_carries_out_is_ended(bench: Bench) -> None:
    await bench.rig.act(bench.ident, **{"os-stop": None})
    await bench.rig.sql("UPDATE sagas SET ended_at = now() WHERE ended_at IS NULL")
    assert await bench.rounds(3) == 0, "it may be about to be carried out"
    await bench.rig.sql("UPDATE servers SET updated_at = now() - interval '10 minutes'")
    assert await bench.rounds() == 1
    assert await bench.rig.state(bench.ident) == ("ACTIVE", None)


async def test_a_delete_that_nobody_carries_out_is_begun_again(bench: Bench) -> None:
    await bench.rig.call("DELETE", f"/servers/{bench.ident}")
    await bench.rig.sql("UPDATE sagas SET ended_at = now() WHERE ended_at IS NULL")
    await bench.rig.sql("UPDATE servers SET updated_at = now() - interval '10 minutes'")
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert (await bench.rig.call("GET", f"/servers/{bench.ident}")).status == 404


async def test_operators_see_what_drifts_and_users_do_not(bench: Bench) -> None:
    async def drift(who: str) -> tuple[int, Any]:
        answer = await bench.rig.http.get("/v1/drift", headers={"X-Auth-Token": who})
        return answer.status, await answer.json()

    there = bench.ganeti.instances[bench.name]
    await bench.seen(**{"disk.names": [*there["disk.names"], "scratch"]})
    await bench.rounds(1)
    assert await drift("admin") == (200, {"drift": []}), "it may be a moment's"
    await bench.rounds(1)
    _status, body = await drift("admin")
    (shown,) = body["drift"]
    assert shown | {"since": ""} == {
        "cluster": "athens", "kind": "disk_strange", "id": bench.ident, "what": "scratch",
        "looks": 2, "since": "", "is_healed": False,
    }  # fmt: skip
    assert (await drift("demo"))[0] == 403
    await bench.seen(**{"disk.names": there["disk.names"][:-1]})
    await bench.rounds(1)
    assert await drift("admin") == (200, {"drift": []})
    told = await bench.rig.sql(
        "SELECT routing_key FROM outbox WHERE routing_key LIKE 'compute.drift.%' ORDER BY id"
    )
    assert [row["routing_key"] for row in told] == [
        f"compute.drift.found.-.{bench.ident}",
        f"compute.drift.ended.-.{bench.ident}",
    ]


async def test_a_volume_that_was_taken_out_is_detached(bench: Bench) -> None:
    volume = await attached(bench.rig, bench.ident)
    there = bench.ganeti.instances[bench.name]
    await bench.seen(**{"disk.names": [*there["disk.names"], volume]})
    assert await bench.rounds(3) == 0
    await bench.seen(**{"disk.names": there["disk.names"][:-1]})
    assert await bench.rounds(1) == 0
    assert bench.rig.world.volumes.volumes[volume]["status"] == "in-use"
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert bench.rig.world.volumes.volumes[volume]["status"] == "available"
    assert (await bench.rig.show(bench.ident))["os-extended-volumes:volumes_attached"] == []
