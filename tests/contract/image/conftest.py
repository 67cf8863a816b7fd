"""What contract tests of the image service may ask for."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.contract.image.rig import Rig, running_rig, to_head
from tests.parts.postgres import Databases

MakesRigs = Callable[..., AbstractAsyncContextManager[Rig]]


@pytest.fixture(scope="session")
def image_database(databases: Databases) -> str:
    """One database of the image service for all tests, each of which begins by emptying it."""
    return databases.common("image", to_head)


@pytest.fixture
def rig_with(image_database: str, tmp_path: Path) -> MakesRigs:
    """Makes the image service in this process with settings of the test's."""

    def make(**settings: Any) -> AbstractAsyncContextManager[Rig]:
        return running_rig(image_database, tmp_path / "images", **settings)

    return make


@pytest.fixture
async def rig(rig_with: MakesRigs) -> AsyncIterator[Rig]:
    """The image service in this process."""
    async with rig_with() as made:
        yield made
