"""What a server and its instance are found to disagree on."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.compute.domain.devices import BlockDevice, DeviceState, Floating
from services.compute.domain.differences import HEALED, Kind, differences, is_idle
from services.compute.domain.lifecycle import Action, VmState
from services.compute.domain.server import Nic, Server
from shared.contracts.ganeti import InstanceObserved
from shared.ids import derived
from tests.unit.compute.making import NOW, a_server

PORT = str(uuid4())
VOLUME = str(uuid4())
MAC = "aa:00:00:00:00:01"


def server(**changes: Any) -> Server:
    nic = Nic(port_id=PORT, network_id="n", network_name="private", mac=MAC)
    volume = BlockDevice(
        id=str(uuid4()), volume_id=VOLUME, state=DeviceState.ATTACHED, driver="ext"
    )
    given = {"vm_state": VmState.ACTIVE, "power_state": 1, "nics": (nic,), "volumes": (volume,)}
    made = a_server(**given)
    idle = replace(made, action=None, cluster="athens", node="node1.athens")
    return replace(idle, power_state=type(made.power_state)(1), **changes)


def seen(of: Server, **changes: Any) -> InstanceObserved:
    given: dict[str, Any] = {
        "cluster": "athens",
        "name": f"cyc-{of.id}",
        "sequence": 1,
        "status": "running",
        "node": "node1.athens",
        "vcpus": of.flavor.vcpus,
        "memory": of.flavor.ram,
        "nics": [{"name": PORT, "mac": MAC}],
        "disks": [{"name": str(derived(of.id, "root"))}, {"name": VOLUME}],
    }
    return InstanceObserved(**(given | changes))


def kinds(of: Server, **changes: Any) -> list[tuple[str, str]]:
    found = differences(of, seen(of, **changes), NOW)
    return [(each.kind.value, each.what) for each in found]


def test_nothing_differs_where_nothing_does() -> None:
    assert kinds(server()) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"status": "ADMIN_down"}, ("state", "active on node1.athens is ADMIN_down")),
        ({"present": False}, ("state", "active on node1.athens is gone")),
        ({"node": "node2.athens"}, ("state", "active on node1.athens is running")),
        ({"vcpus": 9, "memory": 512}, ("flavor", "9 processors and 512 MiB")),
        ({"nics": []}, ("nic_missing", PORT)),
        ({"nics": [{"name": PORT, "mac": "other"}]}, ("nic_strange", f"{PORT} has other")),
        (
            {"nics": [{"name": PORT, "mac": MAC}, {"mac": "aa:00:00:00:00:09"}]},
            ("nic_strange", "aa:00:00:00:00:09"),
        ),
        ({"disks": []}, ("disk_missing", VOLUME)),
    ],
)
def test_each_difference_is_found(changes: dict[str, Any], found: tuple[str, str]) -> None:
    assert kinds(server(), **changes) == [found]


def test_a_disk_of_nobodys_is_strange() -> None:
    of = server()
    assert kinds(of, disks=[*seen(of).disks, {"name": "scratch"}]) == [("disk_strange", "scratch")]


def test_the_nic_of_a_floating_address_is_not_strange() -> None:
    floating = Floating(
        id="f", address="192.0.2.7", network_id="n", mac=MAC, port_id="fip",
        state=DeviceState.ATTACHED,
    )  # fmt: skip
    of = server(floating=(floating,))
    assert kinds(of, nics=[*seen(of).nics, {"name": "fip", "mac": MAC}]) == []


def test_sizes_that_ganeti_does_not_tell_do_not_differ() -> None:
    assert kinds(server(), vcpus=None, memory=None) == []


def test_an_instance_in_another_cluster_is_not_the_servers() -> None:
    assert kinds(server(), cluster="berlin", status="ADMIN_down") == []


def test_the_instance_of_a_deleted_server_is_an_orphan_while_it_is_there() -> None:
    of = server(deleted_at=NOW)
    assert kinds(of) == [("orphan", f"cyc-{of.id}")]
    assert kinds(of, present=False) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"action": Action.STOP},
        {"vm_state": VmState.BUILDING},
        {"nics": (replace(server().nics[0], state=DeviceState.DETACHING),)},
        {"volumes": (replace(server().volumes[0], state=DeviceState.ATTACHING),)},
    ],
)
def test_a_server_that_is_worked_on_is_busy_and_nothing_else(changes: dict[str, Any]) -> None:
    of = server(**changes)
    assert not is_idle(of)
    assert kinds(of, status="ADMIN_down", nics=[], disks=[]) == [("busy", "")]


def test_what_only_people_can_judge_is_not_healed() -> None:
    assert set(Kind) - HEALED == {Kind.NIC_STRANGE, Kind.DISK_STRANGE, Kind.BUSY}
