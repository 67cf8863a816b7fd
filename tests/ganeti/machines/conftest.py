"""A cluster of two nodes with real guests, its agents, and an instance that a story is told of."""

from collections.abc import Callable, Iterator

import pytest

from deploy.parts.ports import free_port
from deploy.parts.rabbitmq import RabbitNode
from tests.ganeti.image_server import ImageServer, serving
from tests.ganeti.machines.agents import Agents
from tests.ganeti.machines.machine import Machine
from tests.ganeti.machines.servers import Servers
from tests.ganeti.real_site import RealSite, running_site
from tests.ganeti.rig import Cluster, Rapi
from tests.parts.postgres import open_folder


@pytest.fixture(scope="module")
def kvm(clusters: tuple[Cluster, ...]) -> Cluster:
    if clusters[0].hypervisor != "kvm":
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


@pytest.fixture(scope="session")
def guest_cloud(clusters: tuple[Cluster, ...], rabbitmq: RabbitNode) -> Iterator[RealSite]:
    """The session's cloud before real guests: its console proxy listens, too."""
    if clusters[0].hypervisor != "kvm":
        pytest.skip("the clusters of this run have no kvm")
    screens = {"CYCLADES_COMPUTE_CONSOLE_PORT": str(free_port())}
    with open_folder() as home, running_site(home, rabbitmq, clusters, screens) as site:
        yield site


@pytest.fixture(scope="module")
def servers(guest_cloud: RealSite) -> Iterator[Servers]:
    """Servers with real guests; whatever is left of them goes with the module."""
    servers = Servers.before(guest_cloud)
    yield servers
    servers.delete_all()
