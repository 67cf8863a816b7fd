"""The rig of ``make test-ganeti`` as fixtures."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ganeti.image_server import ImageServer, serving
from tests.ganeti.rig import Cluster, Rapi, running_clusters


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
            rapi.run("DELETE", f"/2/instances/{name}")


@pytest.fixture
def image_server(cluster: Cluster) -> Iterator[ImageServer]:
    """Images for the nodes of the first cluster."""
    with serving(cluster.host_address) as server:
        yield server
