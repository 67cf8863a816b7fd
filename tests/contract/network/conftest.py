"""What tests of the network service may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.network.rig import Rig, running_rig, to_head
from tests.parts.postgres import MakesDatabases


@pytest.fixture
async def rig(migrated_database: MakesDatabases) -> AsyncIterator[Rig]:
    """The network service in this process."""
    async with running_rig(migrated_database("network", to_head)) as made:
        yield made
