"""One real Keystone for the session."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.parts.keystone import Keystone, running_keystone
from deploy.parts.keystone_content import Catalogue


@contextmanager
def filled_keystone(home: Path) -> Iterator[Keystone]:
    """Run an identity service with our projects, users and roles.

    Its catalogue names the usual ports; whoever serves on others calls `offer`.
    """
    with running_keystone(home) as server:
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


@pytest.fixture(scope="session")
def keystone() -> Iterator[Keystone]:
    """The session's identity service."""
    with (
        TemporaryDirectory(prefix="cyclades-keystone-") as home,
        filled_keystone(Path(home)) as server,
    ):
        yield server
