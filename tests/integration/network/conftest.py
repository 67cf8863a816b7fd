"""What tests of the network service may ask for."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.network.rig import Rig, running_rig, to_head
from tests.parts.postgres import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_rig(databases: Databases) -> AsyncIterator[Rig]:
    """The network service in this process, for the tests of one module."""
    async with running_rig(databases.common("network", to_head)) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def rig(shared_rig: Rig) -> Rig:
    """The network service in this process, with nothing in its database."""
    await shared_rig.forget()
    return shared_rig
