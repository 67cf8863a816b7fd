"""What contract tests of the image service may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.image.rig import Rig, running_rig, to_head
from tests.parts.postgres import MakesDatabases


@pytest.fixture
async def rig(migrated_database: MakesDatabases, tmp_path: Path) -> AsyncIterator[Rig]:
    """The image service in this process."""
    async with running_rig(migrated_database("image", to_head), tmp_path / "images") as made:
        yield made
