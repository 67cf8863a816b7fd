"""A cluster of two nodes with real guests, its agents, and an instance that a story is told of."""

from collections.abc import Callable, Iterator

import pytest

from tests.ganeti.image_server import ImageServer, serving
from tests.ganeti.machines.agents import Agents
from tests.ganeti.machines.machine import Machine
from tests.ganeti.rig import Cluster, Rapi


@pytest.fixture(scope="module")
def kvm(clusters: tuple[Cluster, ...]) -> Cluster:
    if "kvm" not in clusters[0].gnt("gnt-cluster", "info"):
        pytest.skip("the clusters of this run have no kvm")
    assert len(clusters[0].nodes) == 2
    return clusters[0]


@pytest.fixture(scope="module")
def agents(kvm: Cluster) -> Iterator[Agents]:
    with Agents(kvm) as agents:
        yield agents


@pytest.fixture(scope="module")
def images(kvm: Cluster) -> Iterator[ImageServer]:
    with serving(kvm.host_address) as server:
        yield server


@pytest.fixture(scope="module")
def machine(kvm: Cluster, agents: Agents) -> Iterator[Callable[[str], Machine]]:
    """Name an instance; whatever is left of those that were named goes with the module."""
    named: list[Machine] = []
    with Rapi(kvm) as rapi:

        def name(name: str) -> Machine:
            named.append(Machine(cluster=kvm, rapi=rapi, agents=agents, name=name))
            return named[-1]

        yield name
        left = {found["id"] for found in rapi.get("/2/instances")}
        for each in named:
            if each.name in left:
                each.remove()
