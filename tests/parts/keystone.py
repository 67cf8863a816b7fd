"""One real Keystone for the session."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.parts.keystone import Keystone, running_keystone
from deploy.parts.keystone_content import Catalogue


@pytest.fixture(scope="session")
def keystone() -> Iterator[Keystone]:
    """An identity service with our projects, users and roles.

    Its catalogue names the usual ports; whoever serves on others calls `offer`.
    """
    with (
        TemporaryDirectory(prefix="cyclades-keystone-") as home,
        running_keystone(Path(home)) as server,
    ):
        server.fill(
            Catalogue(
                identity=server.url,
                compute="http://127.0.0.1:8774",
                network="http://127.0.0.1:9696",
                image="http://127.0.0.1:9292",
                volume="http://127.0.0.1:8776",
            )
        )
        yield server
