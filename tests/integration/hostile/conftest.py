"""What the hostile tests may ask for: every service, heard while it answers."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shared import logs
from tests.contract.image.rig import to_head as image_to_head
from tests.integration.compute.rig import to_head as compute_to_head
from tests.integration.hostile.images import image_target
from tests.integration.hostile.networks import network_target
from tests.integration.hostile.noting import Notes, listening
from tests.integration.hostile.servers import compute_target
from tests.integration.hostile.target import Target
from tests.integration.hostile.volumes import volume_target
from tests.integration.network.rig import to_head as network_to_head
from tests.integration.volume.rig import to_head as volume_to_head
from tests.parts.postgres import Databases


@pytest.fixture(autouse=True)
def quiet(logs_as_they_were: None) -> None:
    """Keep logs short: what is refused on purpose is no news."""
    logs.configure("hostile", "CRITICAL")


@pytest.fixture
def notes() -> Iterator[Notes]:
    """What services are heard doing."""
    with listening() as heard:
        yield heard


@pytest.fixture
async def image(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, notes: Notes
) -> AsyncIterator[Target]:
    """The image service."""
    with databases.fresh(databases.template("image", image_to_head)) as url:
        async with image_target(url, tmp_path_factory.mktemp("images"), notes) as target:
            yield target


@pytest.fixture
async def network(databases: Databases, notes: Notes) -> AsyncIterator[Target]:
    """The network service."""
    with databases.fresh(databases.template("network", network_to_head)) as url:
        async with network_target(url, notes) as target:
            yield target


@pytest.fixture
async def volume(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, notes: Notes
) -> AsyncIterator[Target]:
    """The volume service."""
    with databases.fresh(databases.template("volume", volume_to_head)) as url:
        async with volume_target(url, tmp_path_factory.mktemp("storage"), notes) as target:
            yield target


@pytest.fixture
async def compute(databases: Databases, notes: Notes) -> AsyncIterator[Target]:
    """The compute service."""
    with databases.fresh(databases.template("compute", compute_to_head)) as url:
        async with compute_target(url, notes) as target:
            yield target
