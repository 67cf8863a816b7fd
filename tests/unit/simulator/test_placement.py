"""Where the allocator puts instances, and why it does not."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.clock import Ids
from deploy.simulator.cluster import found
from deploy.simulator.logic.hail import Question, hail
from deploy.simulator.logic.placement import Demand, ipolicy, violations
from deploy.simulator.model import Cluster, Disk, Group, Instance
from deploy.simulator.settings import NodeShape, SimulatorSettings

_SHAPE = NodeShape(memory_mib=2048, reserved_mib=0, cpus=2, disk_mib=4096)


def _settings(nodes: int = 2) -> SimulatorSettings:
    return SimulatorSettings(
        state_dir="/nowhere", nodes_per_cluster=nodes, node=_SHAPE, vcpu_ratio=2, max_vcpus=8
    )


def _demand(memory: int = 512, vcpus: int = 1, disk: int = 0, template: str = "file") -> Demand:
    return Demand(memory=memory, vcpus=vcpus, disk=disk, template=template)


def _place(cluster: Cluster, demand: Demand, **question: Any) -> tuple[str | None, str]:
    policy = ipolicy(_settings(), CLUSTER["ipolicy"])
    node, why = hail(cluster, Question(demand=demand, policy=policy, **question))
    return (node.name if node else None), why


def _with_instance(cluster: Cluster, node: str, memory: int, **more: Any) -> None:
    be = {"maxmem": memory, "minmem": memory, "vcpus": 1}
    name = f"i{len(cluster.instances)}"
    given = {"disk_template": "file", **more}
    cluster.instances[name] = Instance(
        name=name, uuid=name, os="o", hypervisor="fake", pnode=node, beparams=be,
        ctime=0, mtime=0, **given,
    )  # fmt: skip


def test_the_emptier_node_is_taken() -> None:
    cluster = found(1, _settings(), Ids("x"))
    _with_instance(cluster, "c1n2.sim.test", 1024)
    assert _place(cluster, _demand())[0] == "c1n1.sim.test"


@pytest.mark.parametrize(
    ("demand", "reason"),
    [
        (_demand(memory=4096), "FailMem: 2"),
        (_demand(disk=8192), "FailDisk: 2"),
        (_demand(vcpus=5), "FailCPU: 2"),
        (_demand(vcpus=9), "FailCPU: 2"),
    ],
)
def test_what_does_not_fit_is_explained(demand: Demand, reason: str) -> None:
    node, why = _place(found(1, _settings(), Ids("x")), demand)
    assert node is None
    assert why == (
        "Group default (preferred): No valid allocation solutions, failure reasons: " + reason
    )


def test_shared_storage_does_not_use_the_nodes_disk() -> None:
    assert _place(found(1, _settings(), Ids("x")), _demand(disk=8192, template="ext"))[0]


def test_nodes_out_of_service_are_not_considered() -> None:
    cluster = found(1, _settings(), Ids("x"))
    first, second = cluster.nodes.values()
    first.offline = True
    assert _place(cluster, _demand())[0] == second.name
    second.drained = True
    assert _place(cluster, _demand()) == (None, "Not enough online nodes")


def test_the_policy_names_what_it_forbids() -> None:
    policy = ipolicy(_settings(), CLUSTER["ipolicy"])
    found_wrong = violations(policy, _demand(memory=2, vcpus=9), [1], 0)
    assert found_wrong == [
        "memory-size value 2 is not in range [4, 1048576]",
        "cpu-count value 9 is not in range [1, 8]",
        "disk-size value 1 is not in range [4, 1048576]",
    ]


N1, N2, N3 = "c1n1.sim.test", "c1n2.sim.test", "c1n3.sim.test"
WHY = "Group default (preferred): No valid allocation solutions, failure reasons: "


def test_instances_with_an_exclusion_tag_keep_apart() -> None:
    cluster = found(1, _settings(), Ids("x"))
    cluster.tags.append("htools:iextags:group")
    _with_instance(cluster, N1, 64, tags=["group:one", "other:one"])
    one = replace(_demand(), tags=["group:one"])
    assert _place(cluster, one)[0] == N2
    assert _place(cluster, replace(_demand(), tags=["other:one"]))[0], "not a prefix that excludes"
    _with_instance(cluster, N2, 64, tags=["group:one"])
    assert _place(cluster, one) == (None, WHY + "FailTags: 2")
    assert _place(cluster, replace(_demand(), tags=["group:two"]))[0]


def test_exclusive_storage_runs_out_of_spindles() -> None:
    cluster = found(1, _settings(), Ids("x"))
    for node in cluster.nodes.values():
        node.spindles = 3
    disk = Disk(uuid="d", size=8, template="plain", params={"spindles": 2}, ctime=0)
    _with_instance(cluster, N1, 64, disk_template="plain", disks=[disk])
    two = replace(_demand(template="plain"), spindles=2)
    assert _place(cluster, two)[0] == N2
    assert _place(cluster, replace(two, spindles=4)) == (None, WHY + "FailSpindles: 2")
    assert _place(cluster, replace(two, spindles=4, template="file"))[0]


def test_what_would_leave_no_room_for_a_failed_node_is_not_taken() -> None:
    cluster = found(1, _settings(3), Ids("x"))
    for node in (N1, N2, N3):
        _with_instance(cluster, node, 1024)
    assert _place(cluster, _demand(512), redundant=True)[0], "any one fits on the other two"
    for node in (N1, N2, N3):
        _with_instance(cluster, node, 128)
    assert _place(cluster, _demand(800), redundant=True) == (None, WHY + "FailN1: 3")
    assert _place(cluster, _demand(800))[0], "nobody asked for redundancy"


def test_a_mirrored_instance_fails_over_to_its_secondary_and_nowhere_else() -> None:
    cluster = found(1, _settings(3), Ids("x"))
    _with_instance(cluster, N1, 1536, disk_template="drbd", snodes=[N2])
    assert _place(cluster, _demand(1024), among=[N2, N3], redundant=True)[0] == N3
    assert _place(cluster, _demand(1024), among=[N2], redundant=True)[1] == WHY + "FailN1: 1"


def test_groups_of_last_resort_come_last_and_others_not_at_all() -> None:
    cluster = found(1, _settings(3), Ids("x"))
    for node, name, policy in ((N2, "late", "last_resort"), (N3, "never", "unallocable")):
        cluster.groups[name] = Group(name=name, uuid=name, alloc_policy=policy, mtime=0)
        cluster.nodes[node].group = name
    assert _place(cluster, _demand())[0] == N1
    _with_instance(cluster, N1, 2048)
    assert _place(cluster, _demand())[0] == N2
    _with_instance(cluster, N2, 2048)
    assert _place(cluster, _demand())[1] == (
        f"{WHY}FailMem: 1, "
        "Group late (last_resort): No valid allocation solutions, failure reasons: FailMem: 1"
    )
    assert _place(cluster, _demand(), group="never")[0] == N3
