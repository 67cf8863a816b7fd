"""What tests of the compute service may ask for."""

from collections.abc import AsyncIterator

import pytest

from shared import logs
from tests.integration.compute.bench import Bench, set_up
from tests.integration.compute.rig import Rig, furnish, running_rig, to_head
from tests.parts.postgres import MakesDatabases


@pytest.fixture(autouse=True)
def quiet(logs_as_they_were: None) -> None:
    """Keep logs short: what fails on purpose is told by the test."""
    logs.configure("compute", "CRITICAL")


@pytest.fixture
async def bare(migrated_database: MakesDatabases) -> AsyncIterator[Rig]:
    """The compute service in this process; it knows of nothing."""
    async with running_rig(migrated_database("compute", to_head)) as made:
        yield made


@pytest.fixture
async def rig(bare: Rig) -> Rig:
    """The compute service with a flavor, an image, a network and a cluster."""
    await furnish(bare)
    await bare.know_cluster()
    return bare


@pytest.fixture
async def bench(rig: Rig) -> Bench:
    """A server whose instance is as it should be, and who compares the two."""
    return await set_up(rig)
