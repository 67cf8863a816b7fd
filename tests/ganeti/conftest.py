"""The rig of ``make test-ganeti`` as fixtures."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.parts.rabbitmq import RabbitNode
from tests.ganeti.image_server import ImageServer, serving
from tests.ganeti.real_site import RealSite, running_site
from tests.ganeti.rig import Cluster, Rapi, running_clusters
from tests.parts.discrepancies import SETTINGS
from tests.parts.postgres import open_folder


def pytest_configure() -> None:
    """Clean up when run.sh is told to end, just as after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def clusters() -> tuple[Cluster, ...]:
    """The real clusters; run.sh starts them and says where they are described."""
    description = os.environ.get("CYCLADES_GANETI_CLUSTERS")
    if not description:
        pytest.skip("no real Ganeti clusters: `make test-ganeti` starts them")
    return running_clusters(Path(description))


@pytest.fixture(scope="session")
def cluster(clusters: tuple[Cluster, ...]) -> Cluster:
    """The first cluster, for tests that need only one."""
    return clusters[0]


@pytest.fixture
def rapi(cluster: Cluster) -> Iterator[Rapi]:
    """A RAPI client of the first cluster; what the test creates is removed after it."""
    with Rapi(cluster) as rapi:
        before = {found["id"] for found in rapi.get("/2/instances")}
        yield rapi
        for name in sorted({found["id"] for found in rapi.get("/2/instances")} - before):
            rapi.run("DELETE", f"/2/instances/{name}", {"shutdown_timeout": 0})


@pytest.fixture
def image_server(cluster: Cluster) -> Iterator[ImageServer]:
    """Images for the nodes of the first cluster."""
    with serving(cluster.host_address) as server:
        yield server


@pytest.fixture(scope="session")
def cloud_site(clusters: tuple[Cluster, ...], rabbitmq: RabbitNode) -> Iterator[RealSite]:
    """The session's cloud: six processes, real parts beside them, two real clusters."""
    with open_folder() as home, running_site(home, rabbitmq, clusters, SETTINGS) as site:
        yield site
