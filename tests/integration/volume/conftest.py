"""What tests of the volume service may ask for."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.integration.volume.rig import Rig, running_rig, to_head
from tests.parts.postgres import Databases


@pytest.fixture(scope="module")
def volume_database(databases: Databases) -> Iterator[str]:
    """The URL of a database that the tests of a module use one after the other."""
    with databases.fresh(databases.template("volume", to_head)) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    volume_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rig]:
    """The volume service in this process, for the tests of a module."""
    folder = tmp_path_factory.mktemp("storage")
    async with running_rig(volume_database, folder) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def rig(running: Rig) -> Rig:
    """The volume service, as new."""
    await running.forget()
    return running
