"""What tests of the volume service may ask for."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.volume.rig import Rig, running_rig, to_head
from tests.parts.postgres import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rig]:
    """The volume service in this process, for the tests of a module."""
    folder = tmp_path_factory.mktemp("storage")
    async with running_rig(databases.common("volume", to_head), folder) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def rig(running: Rig) -> Rig:
    """The volume service, as new."""
    await running.forget()
    return running
