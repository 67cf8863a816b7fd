"""What users tell placement: to be on the node of a server of theirs, or on another."""

from typing import Any

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Rig, a_server, fresh_id


async def hinting(rig: Rig, key: str = "os:scheduler_hints", **hints: Any) -> str:
    """Ask for a server with hints; return its id."""
    answer = await rig.call("POST", "/servers", a_server() | {key: hints}, mv="2.96")
    assert answer.status == 202, answer.body
    await rig.run_sagas()
    ident: str = answer.body["server"]["id"]
    return ident


def nodes(rig: Rig) -> list[str | None]:
    """Return the nodes that instances were asked for on."""
    return [made["node"] for made in rig.world.gateway.operations("instance.create")]


async def test_a_server_goes_to_another_node_or_to_the_same(rig: Rig) -> None:
    first = await rig.active()
    await hinting(rig, different_host=[first])
    await hinting(rig, key="OS-SCH-HNT:scheduler_hints", same_host=first)
    assert nodes(rig)[1:] == ["node2.athens", "node1.athens"]
    lost = await hinting(rig, same_host=[first], different_host=first)
    assert (await rig.show(lost))["fault"]["message"] == "No valid host was found."


async def test_servers_of_others_do_not_count(rig: Rig) -> None:
    first = await rig.active()
    theirs = await rig.call("POST", "/servers", a_server(networks="none"), who="other", mv="2.96")
    assert theirs.status == 202
    stranger = a_server(networks="none") | {"os:scheduler_hints": {"same_host": [first]}}
    answer = await rig.call("POST", "/servers", stranger, who="other", mv="2.96")
    await rig.run_sagas()
    shown = await rig.show(answer.body["server"]["id"], who="other")
    assert shown["status"] == "ERROR"
    known = len(nodes(rig))
    await hinting(rig, different_host=[fresh_id()])
    assert len(nodes(rig)) == known + 1


async def test_hints_of_the_wrong_shape_are_refused(rig: Rig) -> None:
    wrong: list[Any] = [
        {"different_host": []}, {"different_host": "x"}, {"same_host": [1]}, {"same_host": {}},
        {"group": 5}, {"query": 7}, {"target_cell": []}, {"different_cell": 1},
        {"build_near_host_ip": "x"}, {"cidr": "24"}, {"cidr": 24},
    ]  # fmt: skip
    calls = [("POST", "/servers", a_server() | {"os:scheduler_hints": each}) for each in wrong]
    assert await answered_otherwise(rig, 400, calls) == []
    fine = {"query": '[">=","$free_ram_mb",1]', "cidr": "/24", "build_near_host_ip": "192.0.2.1"}
    assert await hinting(rig, mine={"a": [1]}, **fine)


async def test_tags_of_devices_come_and_go_with_microversions(rig: Rig) -> None:
    (network,) = a_server()["server"]["networks"]
    tagged = a_server(networks=[network | {"tag": "t"}])
    for mv, status in (("2.31", 400), ("2.32", 202), ("2.37", 400), ("2.41", 400), ("2.42", 202)):
        assert (await rig.call("POST", "/servers", tagged, mv=mv)).status == status, mv
    root = {
        "source_type": "image", "destination_type": "local", "boot_index": 0, "tag": "t",
        "uuid": tagged["server"]["imageRef"],
    }  # fmt: skip
    of_disk = a_server(block_device_mapping_v2=[root])
    for mv, status in (("2.31", 400), ("2.33", 400), ("2.41", 400), ("2.42", 202)):
        assert (await rig.call("POST", "/servers", of_disk, mv=mv)).status == status, mv
