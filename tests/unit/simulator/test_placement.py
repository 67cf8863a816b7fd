"""Where the allocator puts instances, and why it does not."""

import pytest

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.clock import Ids
from deploy.simulator.cluster import found
from deploy.simulator.logic.placement import Demand, hail, ipolicy, violations
from deploy.simulator.model import Cluster, Instance
from deploy.simulator.settings import NodeShape, SimulatorSettings

_SHAPE = NodeShape(memory_mib=2048, reserved_mib=0, cpus=2, disk_mib=4096)


def _settings(nodes: int = 2) -> SimulatorSettings:
    return SimulatorSettings(
        state_dir="/nowhere", nodes_per_cluster=nodes, node=_SHAPE, vcpu_ratio=2, max_vcpus=8
    )


def _demand(memory: int = 512, vcpus: int = 1, disk: int = 0, template: str = "file") -> Demand:
    return Demand(memory=memory, vcpus=vcpus, disk=disk, template=template)


def _place(cluster: Cluster, demand: Demand) -> tuple[str | None, str]:
    settings = _settings()
    node, why = hail(cluster, demand, ipolicy(settings, CLUSTER["ipolicy"]))
    return (node.name if node else None), why


def _with_instance(cluster: Cluster, node: str, memory: int) -> None:
    be = {"maxmem": memory, "minmem": memory, "vcpus": 1}
    cluster.instances["i"] = Instance(
        name="i", uuid="u", os="o", hypervisor="fake", pnode=node, disk_template="file",
        beparams=be, ctime=0, mtime=0,
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
