"""What tests of the compute service may ask for."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared import logs
from tests.integration.compute.bench import Bench, set_up
from tests.integration.compute.rig import Rig, furnish, running_rig, to_head
from tests.parts.postgres import Databases


@pytest.fixture(autouse=True)
def quiet(logs_as_they_were: None) -> None:
    """Keep logs short: what fails on purpose is told by the test."""
    logs.configure("compute", "CRITICAL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of a module in one event loop, where the service is that they share."""
    for item in items:
        if {"running", "bare"} <= set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(databases: Databases) -> AsyncIterator[Rig]:
    """The compute service in this process, for the tests of a module."""
    async with running_rig(databases.common("compute", to_head)) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def bare(running: Rig) -> Rig:
    """The compute service in this process; it knows of nothing."""
    await running.forget()
    return running


@pytest_asyncio.fixture(loop_scope="module")
async def rig(bare: Rig) -> Rig:
    """The compute service with a flavor, an image, a network and a cluster."""
    await furnish(bare)
    await bare.know_cluster()
    return bare


@pytest_asyncio.fixture(loop_scope="module")
async def bench(rig: Rig) -> Bench:
    """A server whose instance is as it should be, and who compares the two."""
    return await set_up(rig)
