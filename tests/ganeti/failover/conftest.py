"""Two real clusters of two nodes each, and a cloud that is told one address of each."""

from collections.abc import Iterator

import pytest

from deploy.parts.rabbitmq import RabbitNode
from tests.chaos.rig import allow_plenty
from tests.ganeti.failover.pair import Pair
from tests.ganeti.real_site import RealSite, running_site
from tests.ganeti.rig import Cluster
from tests.parts.postgres import open_folder


@pytest.fixture(scope="session")
def pairs(clusters: tuple[Cluster, ...]) -> tuple[Pair, ...]:
    """The clusters."""
    if any(len(cluster.nodes) != 2 for cluster in clusters):
        pytest.skip("the clusters of this run have no other node to fail over to")
    assert len(clusters) == 2
    return tuple(Pair(cluster=cluster) for cluster in clusters)


@pytest.fixture(scope="session")
def paired_cloud(pairs: tuple[Pair, ...], rabbitmq: RabbitNode) -> Iterator[RealSite]:
    """A cloud that knows the first cluster by its floating address, the second by a node's."""
    node = pairs[1].cluster.addresses[pairs[1].master]
    reached = {pairs[0].zone: pairs[0].cluster.url, pairs[1].zone: f"https://{node}:5080"}
    with (
        open_folder() as home,
        running_site(
            home, rabbitmq, tuple(pair.cluster for pair in pairs), reached=reached
        ) as site,
    ):
        allow_plenty(site.site)
        yield site
