"""One cloud for the session: six processes, real parts beside them, two simulated clusters."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from deploy.parts.postgres import running_postgres
from deploy.parts.rabbitmq import RabbitNode
from tests.parts.cloud import running_cloud, running_simulator_process
from tests.parts.keystone import filled_keystone
from tests.parts.postgres import open_folder
from tests.parts.site import Site, fill


@pytest.fixture(scope="session")
def site(rabbitmq: RabbitNode) -> Iterator[Site]:
    """The session's cloud, with two clusters, a flavor, a network and an image."""
    with ExitStack() as stack:
        home = stack.enter_context(open_folder())
        (home / "pg").mkdir(mode=0o711)
        database = stack.enter_context(running_postgres(home / "pg", durable=False))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        clusters = stack.enter_context(running_simulator_process(home / "simulator"))
        cloud = stack.enter_context(running_cloud(home / "cloud", database, keystone, rabbitmq.url))
        yield fill(cloud, clusters)
